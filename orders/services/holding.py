"""Holds and releases: several may hold one exam, each ends its own (T13)."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.lifecycle import Event, ExamState, Refused, decide
from orders.models import Order, OrderEvent
from orders.services.events import locked, note_on, run_event, save
from radflow import unit

PLACER, PERSON, IDENTITY = "placer", "person", "identity"
_HELD_TOO = {
    PLACER: gettext_noop("Held by the ordering system too"),
    PERSON: gettext_noop("Held by a person here too"),
    IDENTITY: gettext_noop("Held by an identity conflict too"),
}
_RELEASED = {
    PLACER: gettext_noop("Released by the ordering system"),
    PERSON: gettext_noop("Released by a person here"),
    IDENTITY: gettext_noop("Released by an identity conflict"),
}
_NAMES = {
    PLACER: "the ordering system",
    PERSON: "a person here",
    IDENTITY: "an identity conflict",
}


@unit.atomic
def hold(
    *,
    order_id: int,
    by: str,
    cause: Cause,
    detail: str = "",
    event_time: datetime | None = None,
    expected_version: int | None = None,
) -> Order:
    """Off the worklist until released; raises lifecycle.Refused once it has begun."""
    order = locked(order_id, expected_version)
    decide(ExamState(order.status), Event.HOLD)
    if by in order.holds:
        return order
    order.holds = [*order.holds, by]
    if not run_event(
        order, event=Event.HOLD, cause=cause, detail=detail, event_time=event_time
    ):
        save(order)
        _note(order, _HELD_TOO[by], detail, cause)
    return order


@unit.atomic
def release(
    *,
    order_id: int,
    by: str,
    cause: Cause,
    detail: str = "",
    event_time: datetime | None = None,
    expected_version: int | None = None,
) -> Order:
    """End this hold; the exam goes back once none is left.

    Refused where it is not held, or only by others. A slot that has passed meanwhile
    is given up, and the exam is ordered again.
    """
    order = locked(order_id, expected_version)
    decide(ExamState(order.status), Event.RELEASE)
    if order.holds and by not in order.holds:
        raise Refused("ORDER_STATE", order.status, Event.RELEASE)
    order.holds = [one for one in order.holds if one != by]
    if order.holds:
        save(order)
        left = " and ".join(_NAMES[one] for one in order.holds)
        _note(order, _RELEASED[by], f"Still held by {left}", cause)
        return order
    run_event(
        order, event=Event.RELEASE, cause=cause, detail=detail, event_time=event_time
    )
    if _slot_passed(order):
        text = gettext_noop("The slot passed during the hold")
        run_event(order, event=Event.UNBOOK, cause=cause, detail=text)
    return order


def _slot_passed(order: Order) -> bool:
    start = order.scheduled_start
    is_scheduled = order.status == ExamState.SCHEDULED
    return bool(is_scheduled and start and start < timezone.now())


def _note(order: Order, title: str, detail: str, cause: Cause) -> None:
    kind = OrderEvent.Kind.NOTE
    note_on(order, kind=kind, title=title, detail=detail, cause=cause)
