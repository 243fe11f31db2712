"""What scanners told, passed on to the nodes that want it: the DICOM outbox.

A row is written with the news itself, in one transaction. It is leased before a byte
leaves, so a worker that dies sends it again later, the same values under the same UID;
a receiver that knows the UID already (0x0111) has taken it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from pydicom.dataset import Dataset
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    InstanceAvailabilityNotification,
    ModalityPerformedProcedureStep,
)

from orders.cause import Cause
from orders.models import Order, OrderEvent
from orders.services import note
from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.dicom import statuses
from radflow.dicom.errors import PeerError
from radflow.dicom.remote import Remote, Reply
from radflow.live import services as live
from radflow.messaging.backoff import pause_after
from worklist.exceptions import WorklistError
from worklist.models import DeliveryState, DicomDelivery, DicomNode, RoutingRule
from worklist.selectors.routing import routed

logger = logging.getLogger(__name__)
Kind = DicomDelivery.Kind
TIMEOUT_SECONDS = 10.0
_LEASE = timedelta(seconds=60)
_TAKEN = (statuses.SUCCESS, statuses.ATTRIBUTE_LIST_WARNING)

# The first of its UID that is due; a refused one blocks its UID until a person decides.
# One lease per node: one that does not answer holds up one worker, not all.
_CLAIM = """
SELECT due.id
FROM worklist_node AS node CROSS JOIN LATERAL (
  SELECT mine.id FROM worklist_delivery AS mine
  WHERE mine.node_id = node.id AND mine.state = 'queued'
    AND mine.next_attempt_at <= now()
    AND (mine.leased_until IS NULL OR mine.leased_until < now())
    AND NOT EXISTS (
      SELECT 1 FROM worklist_delivery AS earlier
      WHERE earlier.node_id = mine.node_id AND earlier.uid = mine.uid
        AND earlier.id < mine.id AND earlier.state IN ('queued', 'refused'))
  ORDER BY mine.id LIMIT 1 FOR UPDATE SKIP LOCKED
) AS due
WHERE node.enabled AND (node.retry_at IS NULL OR node.retry_at <= now())
  AND NOT EXISTS (
  SELECT 1 FROM worklist_delivery AS busy
  WHERE busy.node_id = node.id AND busy.state = 'queued' AND busy.leased_until > now())
ORDER BY due.id LIMIT 1
"""


def pass_on(
    *, kind: str, uid: str, dataset: dict[str, Any], order: Order, cause: Cause
) -> None:
    """To whom the rules name, else to all that want it; in the caller's transaction."""
    for node, why in _hearers(kind, uid, order):
        DicomDelivery.objects.create(
            node=node, order=order, kind=kind, uid=uid, dataset=dataset, why=why
        )


def _hearers(kind: str, uid: str, order: Order) -> list[tuple[DicomNode, str]]:
    """Who was told of a begin hears the rest, whatever rules say by then."""
    if kind == Kind.SET:
        told = DicomDelivery.objects.shown().filter(uid=uid, kind=Kind.CREATE)
        if begun := [(one.node, one.why) for one in told.order_by("id")]:
            return begun
    of = RoutingRule.Kind
    found = routed(order, of.AVAILABILITY if kind == Kind.AVAILABLE else of.STEPS)
    return [(node, found.why) for node in found.nodes]


def relay_dicom(limit: int = 100) -> int:
    """Send what is due, at most `limit`; returns how many were tried."""
    for count in range(limit):
        delivery = _lease()
        if delivery is None:
            return count
        try:
            reply = _send(delivery)
        except PeerError as error:
            _put_off(delivery, str(error))
        except Exception as error:
            # Such as a host that is no name: one node's fault must not stop others.
            logger.error("delivery %d: %s", delivery.pk, type(error).__name__)
            _put_off(delivery, type(error).__name__)
        else:
            _settle(delivery, reply)
    return limit


@transaction.atomic
def _lease() -> DicomDelivery | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM)
        found = cursor.fetchone()
    if found is None:
        return None
    delivery = DicomDelivery.objects.select_related("node").get(pk=found[0])
    delivery.leased_until = timezone.now() + _LEASE
    delivery.attempts += 1
    delivery.save(update_fields=["leased_until", "attempts"])
    return delivery


def remote_of(node: DicomNode) -> Remote:
    return Remote(
        host=node.host,
        port=node.port,
        calling_ae=settings.DICOM_AE_TITLE,
        called_ae=node.ae_title,
        timeout=TIMEOUT_SECONDS,
    )


def _send(delivery: DicomDelivery) -> Reply:
    remote = remote_of(delivery.node)
    values = Dataset.from_json(delivery.dataset)
    if delivery.kind == Kind.SET:
        return remote.change(delivery.uid, values, ModalityPerformedProcedureStep)
    if delivery.kind == Kind.CREATE:
        return remote.create(delivery.uid, values, ModalityPerformedProcedureStep)
    return remote.create(delivery.uid, values, InstanceAvailabilityNotification)


@transaction.atomic
def _put_off(delivery: DicomDelivery, why: str) -> None:
    """Who cannot be reached is tried for ever, each time after a longer pause."""
    again = timezone.now() + pause_after(delivery.attempts)
    _of_this_try(delivery).update(
        leased_until=None, next_attempt_at=again, comment=why[:120]
    )
    DicomNode.objects.filter(pk=delivery.node_id).update(
        retry_at=again, fault=why[:120]
    )
    live.publish("delivery", delivery.pk)


@transaction.atomic
def _settle(delivery: DicomDelivery, reply: Reply) -> None:
    """The attempt is the fence: a later holder of the lease decides alone."""
    known = delivery.kind == Kind.CREATE and reply.status == statuses.DUPLICATE_INSTANCE
    state = DeliveryState.REFUSED
    if known or reply.status in _TAKEN:
        state = DeliveryState.SENT
    changed = _of_this_try(delivery).update(
        state=state,
        leased_until=None,
        settled_at=timezone.now(),
        status=reply.status,
        comment=reply.comment[:120],
    )
    if not changed:
        return
    DicomNode.objects.filter(pk=delivery.node_id).update(retry_at=None, fault="")
    _tell(delivery, state, reply)
    live.publish("delivery", delivery.pk)


def _of_this_try(delivery: DicomDelivery) -> Any:
    return DicomDelivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.QUEUED, attempts=delivery.attempts
    )


def _tell(delivery: DicomDelivery, state: str, reply: Reply) -> None:
    if delivery.order_id is None:
        return
    node = delivery.node
    refused = state == DeliveryState.REFUSED
    note(
        order_id=delivery.order_id,
        kind=OrderEvent.Kind.STOP if refused else OrderEvent.Kind.NOTE,
        title=_REFUSED_TITLE if refused else _TITLES[delivery.kind],
        detail=f"{node.name}, 0x{reply.status:04X}" if refused else node.name,
        cause=Cause(actor=node.ae_title, at=timezone.now()),
    )


_REFUSED_TITLE = gettext_noop("Refused by an archive or reading service")
_TITLES: dict[str, str] = {
    Kind.CREATE: gettext_noop("Begin of the scan passed on"),
    Kind.SET: gettext_noop("News of the scan passed on"),
    Kind.AVAILABLE: gettext_noop("Availability of the images passed on"),
}


@unit.atomic
def send_again(*, delivery_id: int, by: User) -> DicomDelivery:
    """A refused one, and with it those that wait behind it."""
    return _decide(delivery_id, DeliveryState.QUEUED, by)


@unit.atomic
def give_up(*, delivery_id: int, by: User) -> DicomDelivery:
    """It is kept, and never sent: what waits behind it goes on."""
    return _decide(delivery_id, DeliveryState.DROPPED, by)


def _decide(delivery_id: int, state: str, by: User) -> DicomDelivery:
    held = DicomDelivery.objects.select_for_update().get(pk=delivery_id)
    if held.state not in (DeliveryState.QUEUED, DeliveryState.REFUSED):
        raise WorklistError(
            gettext_noop("It was settled meanwhile."), code="DELIVERY_STATE"
        )
    held.state = state
    # Whoever tries it at this moment is no longer the one who settles it.
    held.attempts += 1
    held.leased_until = None
    held.next_attempt_at = timezone.now()
    held.save()
    audit.record(
        "delivery_sent_again" if state == DeliveryState.QUEUED else "delivery_given_up",
        actor=by,
        order_id=held.order_id,
        detail={"delivery": held.pk, "node": held.node_id},
    )
    live.publish("delivery", held.pk)
    return held
