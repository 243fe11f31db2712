"""Two people answer for one identifier that cannot be read."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from orders.cause import Cause
from orders.models import Order, OrderEvent
from orders.services import note
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.exceptions import GateRefused
from worklist.models import GateOverride, Unread, Verification
from worklist.services.booking import lock_order
from worklist.services.gate import is_of_another, own_check


@transaction.atomic
def override_check(
    *,
    order_id: int,
    verification_id: int,
    user: User,
    signer: User,
    reason: str,
    comment: str,
) -> GateOverride:
    """Let a stopped check count; `signer` has given a password just now.

    Never for a wristband or requisition of somebody else, nor where neither
    identifier was read. Raises GateRefused; then nothing has changed.
    """
    order = lock_order(order_id)
    verification = own_check(verification_id, order, user)
    if why := refusal_of(verification, order):
        raise GateRefused(why)
    if signer.pk == user.pk:
        raise GateRefused(gettext("The second person must be somebody else."))
    if not signer.is_active or not signer.may(Capability.PERFORM_EXAM):
        raise GateRefused(gettext("The second person may not perform exams."))
    override = GateOverride.objects.create(
        verification=verification,
        user=user,
        signer=signer,
        at=timezone.now(),
        reason=Unread(reason),
        comment=comment.strip()[:300],
    )
    _tell(order, verification, override)
    return override


def refusal_of(verification: Verification, order: Order) -> str:
    """Why nobody may override this check; empty where two people may."""
    if verification.accepted:
        return gettext("There is nothing to override.")
    if is_of_another(verification, order):
        return gettext(
            "What was scanned belongs to somebody else. This cannot be overridden."
        )
    if not (verification.patient_matches or verification.accession_matches):
        return gettext("One of the two identifiers must be read. Scan again.")
    return ""


def _tell(order: Order, verification: Verification, override: GateOverride) -> None:
    what = "Accession" if verification.patient_matches else "Wristband"
    reason = Unread(override.reason).label
    detail = f"{what}: {reason}. {override.comment} Second: {override.signer.username}"
    note(
        order_id=order.pk,
        kind=OrderEvent.Kind.STOP,
        title=gettext_noop("Identity check overridden"),
        detail=detail[:500],
        cause=Cause(user=override.user, at=override.at),
    )
    for person in (override.user, override.signer):
        audit.record(
            "identity_overridden",
            actor=person,
            patient_id=order.patient_id,
            order_id=order.pk,
            detail={"verification": verification.pk, "override": override.pk},
        )
