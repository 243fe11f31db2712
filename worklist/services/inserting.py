"""A walk-in or STAT exam put in between: shown first, then done as it was shown.

Who has arrived or started is never moved; others of that room make place, one behind
the other, until the rest fits again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.cause import Cause
from orders.exceptions import UnknownOrder, VersionConflict
from orders.lifecycle import Event, ExamState, Refused
from orders.models import Order
from radflow import unit
from worklist.exceptions import NotBookable
from worklist.lifecycle import HOLDS_ROOM, AppointmentState
from worklist.models import Appointment, Room, ScheduledStep
from worklist.selectors.hours import Span
from worklist.selectors.obstacles import BLOCKED, patient_obstacles, shut_obstacles
from worklist.selectors.schedule import Plan, on_grid, plan_of
from worklist.services.booking import require_modality, station_in
from worklist.services.shifting import Place, lock_orders, lock_rooms, place, step_aside

AHEAD = timedelta(hours=24)


@dataclass(frozen=True)
class Shift:
    """An exam that makes place; `warnings` say what its new time offends."""

    order: Order
    appointment: Appointment
    before: datetime
    after: datetime
    warnings: tuple[str, ...]

    @property
    def minutes(self) -> int:
        return int((self.after - self.before).total_seconds()) // 60


@dataclass(frozen=True)
class Insertion:
    """What would happen; `mark` stands for exactly this."""

    order: Order
    room: Room
    start: datetime
    end: datetime
    shifts: list[Shift]
    warnings: tuple[str, ...]

    @property
    def mark(self) -> str:
        told = [(self.order.pk, self.room.pk, self.start.isoformat())]
        told += [
            (one.order.pk, one.appointment.version, one.after.isoformat())
            for one in self.shifts
        ]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def propose_insertion(
    *, order: Order, room: Room, start: datetime | None = None
) -> Insertion:
    """Where the exam could begin, from `start` (now) on, and who makes place.

    Raises NotBookable where the room has no scanner for it, Refused by its state.
    """
    if order.status not in (
        ExamState.ORDERED,
        ExamState.SCHEDULED,
        ExamState.ARRIVED,
        ExamState.READY,
    ):
        raise Refused("ORDER_STATE", order.status, Event.BOOK)
    require_modality(order)
    station_in(room, order.modality, None)
    plan = plan_of(order)
    wanted = on_grid(max(start or timezone.now(), timezone.now()))
    window = Span(wanted - plan.before, wanted + AHEAD)
    held = _held(room, window, order)
    movable = [one for one in held if _may_move(one)]
    fixed = [_span(one) for one in held if one not in movable]
    fixed += _blocks(room, window)
    length = plan.before + plan.exam + plan.after
    begins = _first_gap(fixed, window.start, length) + plan.before
    hold = _hold_of(plan, begins)
    return Insertion(
        order=order,
        room=room,
        start=begins,
        end=begins + plan.exam,
        shifts=list(_shifts(movable, fixed, hold)),
        warnings=_warnings(order, room, Span(begins, begins + plan.exam), hold),
    )


def _held(room: Room, window: Span, order: Order) -> list[Appointment]:
    found = Appointment.objects.filter(
        room=room,
        during__endswith__gt=window.start,
        during__startswith__lt=window.end,
        state__in=HOLDS_ROOM,
        overbooked=False,
    ).exclude(step__order=order)
    return list(found.select_related("step__order__patient").order_by("during"))


def _may_move(held: Appointment) -> bool:
    """One that has begun by the clock, too: its patient may be on the way."""
    order = held.step.order
    waits = held.state == AppointmentState.BOOKED and held.step.start > timezone.now()
    return waits and order.status == ExamState.SCHEDULED


def _blocks(room: Room, window: Span) -> list[Span]:
    found = shut_obstacles([room], window)[room.pk]
    return [one.span for one in found if one.code == BLOCKED]


def _span(held: Appointment) -> Span:
    return Span(held.during.lower, held.during.upper)


def _hold_of(plan: Plan, start: datetime) -> Span:
    return Span(start - plan.before, start + plan.exam + plan.after)


def _first_gap(fixed: list[Span], start: datetime, length: timedelta) -> datetime:
    for span in sorted(fixed, key=lambda one: one.start):
        if span.overlaps(start, start + length):
            start = on_grid(span.end)
    return start


def _shifts(
    movable: list[Appointment], fixed: list[Span], hold: Span
) -> Iterator[Shift]:
    """Each begins no sooner than it did, behind the one before it."""
    taken = [*fixed, hold]
    for held in movable:
        length = held.during.upper - held.during.lower
        lower = _first_gap(taken, held.during.lower, length)
        taken.append(Span(lower, lower + length))
        if lower == held.during.lower:
            continue
        begins = lower + (held.step.start - held.during.lower)
        order = held.step.order
        exam = Span(begins, begins + timedelta(minutes=held.step.duration_minutes))
        found = _warnings(order, held.room, exam, Span(lower, lower + length))
        yield Shift(order, held, held.step.start, begins, found)


def _warnings(order: Order, room: Room, exam: Span, hold: Span) -> tuple[str, ...]:
    shut = shut_obstacles([room], hold)[room.pk]
    texts = [one.text for one in shut if one.span.overlaps(hold.start, hold.end)]
    texts += [
        one.text
        for one in patient_obstacles(order)
        if one.span.overlaps(exam.start, exam.end)
    ]
    return tuple(texts)


@unit.atomic
def insert(
    *, order_id: int, room_id: int, start: datetime, mark: str, cause: Cause
) -> ScheduledStep:
    """Do what was proposed, if it is still that; else VersionConflict, and look again.

    `start` and `mark` are of the proposal that the person saw.
    """
    room = Room.objects.get(pk=room_id)
    orders = _lock_all(order_id, room, start)
    lock_rooms([room_id])
    now = propose_insertion(order=orders[order_id], room=room, start=start)
    if now.mark != mark or {one.order.pk for one in now.shifts} - orders.keys():
        raise VersionConflict(
            _("The day has changed meanwhile. Look at what would move now.")
        )
    step_aside(one.appointment for one in now.shifts)
    for shift in now.shifts:
        _move(orders[shift.order.pk], shift, cause)
    return place(orders[order_id], Place(room, now.start), cause)


def _lock_all(order_id: int, room: Room, start: datetime) -> dict[int, Order]:
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise UnknownOrder(_("There is no such order."))
    seen = propose_insertion(order=order, room=room, start=start)
    return lock_orders([order_id, *(one.order.pk for one in seen.shifts)])


def _move(order: Order, shift: Shift, cause: Cause) -> None:
    step = shift.appointment.step
    if order.status != ExamState.SCHEDULED:
        number = order.accession_number
        raise NotBookable(
            _("Exam %(number)s has arrived and is not moved.") % {"number": number},
            code="ORDER_STATE",
        )
    where = Place(shift.appointment.room, shift.after, step.station)
    place(order, where, cause, minutes=step.duration_minutes)
