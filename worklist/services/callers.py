"""Who was refused an association: kept for those who may let it in, within bounds."""

from __future__ import annotations

from django.db import connection, transaction

from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.dicom.exchange import AssociationInfo
from radflow.live import services as live
from worklist.models import RefusedCaller
from worklist.selectors.callers import SHOWN
from worklist.services.exchanges import storable

_COUNT = """
INSERT INTO worklist_refused_caller
       (calling_ae, called_ae, address, why, certificate, first_at, last_at, times)
VALUES (%s, %s, %s, %s, %s, now(), now(), 1)
ON CONFLICT (calling_ae, called_ae, address, why) DO UPDATE SET
    last_at = excluded.last_at, certificate = excluded.certificate,
    times = least(worklist_refused_caller.times + 1, 2000000000)
RETURNING id, times
"""


@transaction.atomic
def keep_refused(caller: AssociationInfo, why: RefusedCaller.Why) -> None:
    """Counts one that is known; a new one may push out the one longest silent."""
    row = (
        storable(caller.calling_ae)[:16],
        storable(caller.called_ae)[:16],
        caller.address[:60],
        str(why),
        caller.certificate,
    )
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, row)
        (found,) = cursor.fetchall()
    if found[1] == 1:
        kept = RefusedCaller.objects.order_by("-last_at", "-id")[:SHOWN]
        RefusedCaller.objects.exclude(pk__in=kept.values("pk")).delete()
        live.publish("station", found[0])


def forget_refused(ae_title: str) -> None:
    """Once its settings are changed: what is still wrong shows up again."""
    RefusedCaller.objects.filter(calling_ae=ae_title).delete()


@transaction.atomic
def dismiss_refused(*, caller_id: int, by: User) -> None:
    """Nothing happens where it is gone already."""
    caller = RefusedCaller.objects.filter(pk=caller_id).first()
    if caller is None:
        return
    detail = {"ae_title": caller.calling_ae, "address": caller.address}
    audit.record("refused_caller_dismissed", actor=by, detail=detail)
    live.publish("station", caller.pk)
    caller.delete()
