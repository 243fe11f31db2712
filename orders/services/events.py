"""State changes, the schedule's echo and the timeline: every order's one write path."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from orders import signals
from orders.cause import Cause
from orders.exceptions import VersionConflict
from orders.hl7 import outbound
from orders.lifecycle import Event, ExamState, Outcome, decide
from orders.models import Order, OrderEvent
from orders.services.attention import put_reason
from radflow import unit
from radflow.audit import services as audit
from radflow.live import services as live

_TITLES = {
    ExamState.ORDERED: gettext_noop("Back to ordered"),
    ExamState.SCHEDULED: gettext_noop("Scheduled"),
    ExamState.ARRIVED: gettext_noop("Arrived"),
    ExamState.READY: gettext_noop("Ready"),
    ExamState.IN_PROGRESS: gettext_noop("In progress"),
    ExamState.PERFORMED: gettext_noop("Images in"),
    ExamState.ON_HOLD: gettext_noop("On hold"),
    ExamState.CANCELLED: gettext_noop("Cancelled"),
    ExamState.DISCONTINUED: gettext_noop("Discontinued"),
    ExamState.REPLACED: gettext_noop("Replaced"),
}
# A scan of a held exam leaves its hold, and what was before that, for the way back.
_OVERTAKEN = {ExamState.ON_HOLD, ExamState.IN_PROGRESS}


@unit.atomic
def record_event(
    *,
    order_id: int,
    event: Event,
    cause: Cause,
    detail: str = "",
    guard: bool = False,
    expected_version: int | None = None,
    event_time: datetime | None = None,
) -> Order:
    """Run the exam's machine: lock, check the matrix, change, record, tell.

    `event_time` is when the sender says it happened (ORC-9). `guard` picks the
    second possibility of a cell (lifecycle.decide). Raises lifecycle.Refused, or
    VersionConflict if `expected_version` is no longer true.
    """
    order = locked(order_id, expected_version)
    run_event(
        order,
        event=event,
        cause=cause,
        detail=detail,
        guard=guard,
        event_time=event_time,
    )
    return order


def locked(order_id: int, expected_version: int | None = None) -> Order:
    """The order, locked until commit; VersionConflict where it is another by now."""
    order = Order.objects.select_for_update().get(pk=order_id)
    if expected_version is not None and order.version != expected_version:
        raise VersionConflict(
            gettext_noop("Somebody changed this exam meanwhile. Look, then retry.")
        )
    return order


def run_event(
    order: Order,
    *,
    event: Event,
    cause: Cause,
    detail: str = "",
    guard: bool = False,
    event_time: datetime | None = None,
) -> bool:
    """`record_event` for an order that the caller holds locked.

    Returns whether it was saved, with what else the caller has set on it.
    """
    before = ExamState(order.status)
    outcome = decide(before, event, guard=guard)
    after = _next(order, event, outcome)
    if outcome.task:
        put_reason(order, detail or f"{event.label}: needs a look.")
    if after is before and not outcome.task:
        return False
    order.event_time = event_time or order.event_time
    _move(order, before, after, cause)
    _record(order, event, before, after, cause, detail)
    signals.order_changed.send(
        Order, order=order, event=event, before=before, cause=cause
    )
    return True


def _next(order: Order, event: Event, outcome: Outcome) -> ExamState:
    if outcome.back and event is Event.REQUEUE and order.holds:
        return ExamState.ON_HOLD
    if outcome.back:
        return ExamState(order.status_before or ExamState.ORDERED)
    return outcome.state or ExamState(order.status)


def _move(order: Order, before: ExamState, after: ExamState, cause: Cause) -> None:
    if after is not before:
        if {before, after} != _OVERTAKEN:
            order.status_before = before
        if after not in _OVERTAKEN:
            order.holds = []
        order.status = after
        order.status_since = cause.at
    if after is ExamState.IN_PROGRESS and before is not after:
        order.started_at = order.started_at or cause.at
    if after is ExamState.PERFORMED and before is not after:
        order.ended_at = cause.at
    save(order)


def _record(
    order: Order,
    event: Event,
    before: ExamState,
    after: ExamState,
    cause: Cause,
    detail: str,
) -> None:
    tell_timeline(
        order,
        kind=OrderEvent.Kind.STATE if after is not before else OrderEvent.Kind.STOP,
        title=_TITLES[after]
        if after is not before
        else gettext_noop("Needs attention"),
        detail=detail[:500],
        cause=cause,
        from_status=before,
        to_status=after,
    )
    audit.record(
        f"order_{event.name.lower()}",
        actor=cause.user,
        actor_text=cause.actor,
        patient_id=order.patient_id,
        order_id=order.pk,
        message_id=cause.inbound_id,
        detail={"from": before, "to": after},
    )
    if after is not before:
        outbound.send_status(order, event, cause)


def save(order: Order) -> None:
    """Save with the next version and tell the open browsers."""
    order.version += 1
    order.save()
    live.publish("order", order.pk, order.version)


def tell_timeline(
    order: Order, *, kind: str, title: str, cause: Cause, **values: Any
) -> OrderEvent:
    """Add a timeline entry, linked to what caused it."""
    entry = OrderEvent(
        order=order,
        at=cause.at,
        kind=kind,
        title=title,
        user=cause.user,
        actor=cause.actor,
        inbound_id=cause.inbound_id,
        exchange_id=cause.exchange_id,
        **values,
    )
    unit.add(entry)
    return entry


@unit.atomic
def note(
    *, order_id: int, kind: str, title: str, cause: Cause, **values: Any
) -> OrderEvent:
    """A timeline entry without a change of state, shown live."""
    order = Order.objects.select_for_update().get(pk=order_id)
    return note_on(order, kind=kind, title=title, cause=cause, **values)


def note_on(
    order: Order, *, kind: str, title: str, cause: Cause, **values: Any
) -> OrderEvent:
    """`note` for an order that the caller holds locked."""
    entry = tell_timeline(order, kind=kind, title=title, cause=cause, **values)
    live.publish("order", order.pk, order.version)
    return entry


@unit.atomic
def set_schedule(
    *,
    order_id: int,
    start: datetime | None,
    station_ae_title: str,
    room_name: str,
) -> Order:
    """Repeat on the order what the schedule above says, for lists and REST."""
    order = Order.objects.select_for_update().get(pk=order_id)
    put_schedule(
        order, start=start, station_ae_title=station_ae_title, room_name=room_name
    )
    save(order)
    return order


def put_schedule(
    order: Order, *, start: datetime | None, station_ae_title: str, room_name: str
) -> None:
    """`set_schedule` on an order that the caller holds locked and will save."""
    order.scheduled_start = start
    order.station_ae_title = station_ae_title
    order.room_name = room_name
