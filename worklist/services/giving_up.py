"""A slot or an exam given up before it begins, with a coded reason."""

from __future__ import annotations

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order
from orders.services import record_event
from radflow import unit
from worklist.models import Appointment
from worklist.reasons import CANCELLATION_REASONS
from worklist.services.booking import lock_order, unbook


@unit.atomic
def give_up_slot_for(
    *,
    order_id: int,
    code: str,
    comment: str,
    cause: Cause,
    expected_version: int | None = None,
) -> Order:
    """The exam waits for another slot. `code` is one of CANCELLATION_REASONS."""
    return unbook(
        order_id=order_id,
        cause=cause,
        reason=in_words(code, comment),
        code=code,
        expected_version=expected_version,
    )


@unit.atomic
def cancel_exam(
    *,
    order_id: int,
    code: str,
    comment: str,
    cause: Cause,
    expected_version: int | None = None,
) -> Order:
    """It is not done at all: slot freed, worklists and the ordering system told."""
    order = lock_order(order_id, expected_version)
    held = Appointment.objects.filter(step__order=order)
    held.filter(state__in=["booked", "arrived"]).update(reason_code=code)
    return record_event(
        order_id=order_id,
        event=Event.CANCEL,
        cause=cause,
        detail=in_words(code, comment),
    )


def in_words(code: str, comment: str) -> str:
    return f"{CANCELLATION_REASONS[code]}. {comment}".strip(" .")[:500]
