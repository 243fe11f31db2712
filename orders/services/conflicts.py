"""Doubt about whose exam it is: off the worklist, not to be signed (section 10)."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.identity import difference_key
from orders.lifecycle import NOT_STARTED, TERMINAL_STATES, ExamState
from orders.models import Order, OrderEvent
from orders.requests import PatientRequest
from orders.services.attention import PATIENT_DIFFERS, put_warning
from orders.services.events import locked, note_on, save
from orders.services.holding import IDENTITY, hold, release
from radflow import unit
from radflow.audit import services as audit


class NoConflict(OrderError):
    """Somebody settled it meanwhile."""

    code = "NO_CONFLICT"


@unit.atomic
def doubt_identity(*, order_id: int, reason: str, cause: Cause) -> Order:
    """Before the start it is held too; a begun exam keeps its state.

    `reason` is shown to people and holds no patient data.
    """
    order = locked(order_id)
    order.identity_conflict = reason[:300]
    order.needs_attention = order.identity_conflict
    save(order)
    if order.status in NOT_STARTED:
        order = hold(order_id=order.pk, by=IDENTITY, cause=cause, detail=reason)
    note_on(
        order,
        kind=OrderEvent.Kind.CHECK,
        title=gettext_noop("Identity in doubt"),
        detail=reason[:500],
        cause=cause,
    )
    _audit("identity_doubted", order, cause)
    return order


@unit.atomic
def settle_identity(
    *, order_id: int, note: str, cause: Cause, expected_version: int | None = None
) -> Order:
    """A person has compared both, and this order is its patient's.

    Raises NoConflict where there is none (any more), VersionConflict.
    """
    order = locked(order_id, expected_version)
    if not order.identity_conflict:
        raise NoConflict(
            gettext_noop("The identity of this order is not in doubt any more.")
        )
    if order.needs_attention == order.identity_conflict:
        order.needs_attention = ""
    order.identity_conflict = ""
    is_held = order.status == ExamState.ON_HOLD and IDENTITY in order.holds
    if not is_held:
        order.holds = [one for one in order.holds if one != IDENTITY]
    save(order)
    if is_held:
        order = release(order_id=order.pk, by=IDENTITY, cause=cause, detail=note)
    note_on(
        order,
        kind=OrderEvent.Kind.CHECK,
        title=gettext_noop("Identity settled"),
        detail=note[:500],
        cause=cause,
    )
    _audit("identity_settled", order, cause)
    return order


@unit.atomic
def warn_of_identity(*, order_id: int, told: PatientRequest, cause: Cause) -> Order:
    """A message was taken although one identifier of the patient differs (section 10).

    It is said beside what the order needs attention for already, and once: what a
    person has seen is not asked again because the sender repeats itself.
    """
    order = locked(order_id)
    difference = difference_key(order.patient, told)
    is_known = difference in order.differences
    if order.status not in TERMINAL_STATES and not (
        is_known or order.identity_conflict
    ):
        order.differences = [*order.differences, difference]
        put_warning(order)
        save(order)
    note_on(
        order,
        kind=OrderEvent.Kind.CHECK,
        title=gettext_noop("Patient data differ"),
        detail=PATIENT_DIFFERS,
        cause=cause,
    )
    return order


class NothingToSettle(OrderError):
    """Somebody dealt with it meanwhile."""

    code = "NOTHING_TO_SETTLE"


@unit.atomic
def clear_attention(
    *, order_id: int, note: str, cause: Cause, expected_version: int | None = None
) -> Order:
    """A person has dealt with what the order needed attention for.

    Doubt about the identity is settled by settle_identity alone.
    """
    order = locked(order_id, expected_version)
    if not order.needs_attention or order.identity_conflict:
        raise NothingToSettle(
            gettext_noop("There is nothing (any more) to mark as seen.")
        )
    about = order.needs_attention
    order.needs_attention = ""
    save(order)
    note_on(
        order,
        kind=OrderEvent.Kind.NOTE,
        title=gettext_noop("Dealt with"),
        detail=f"{note} (was: {about})"[:500],
        cause=cause,
    )
    _audit("attention_cleared", order, cause)
    return order


def _audit(action: str, order: Order, cause: Cause) -> None:
    audit.record(
        action,
        actor=cause.user,
        actor_text=cause.actor,
        patient_id=order.patient_id,
        order_id=order.pk,
        message_id=cause.inbound_id,
    )
