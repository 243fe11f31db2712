"""A slot for an order that came with its time: the sender's schedule is not refused."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order
from orders.numbers import step_id_for
from orders.requests import ScheduleRequest
from radflow import unit
from worklist.exceptions import NotBookable, SlotTaken
from worklist.lifecycle import AppointmentEvent, AppointmentState
from worklist.models import ScheduledStep, Station
from worklist.selectors.hours import Span
from worklist.selectors.schedule import (
    Plan,
    busy_rooms,
    plan_of,
    planned_minutes,
    stations,
)
from worklist.services.appointments import free_room, hold_room
from worklist.services.attention import put_flag
from worklist.services.booking import (
    OVERBOOKED,
    ROOM_SHUT,
    book_locked,
    lock_room,
    next_step_id,
    open_step,
    save_step,
    tell_schedule,
)
from worklist.services.fitting import shut_rooms

_LONGEST_MINUTES = 24 * 60


@unit.atomic
def auto_book(
    *,
    order: Order,
    schedule: ScheduleRequest,
    cause: Cause,
    further: Sequence[ScheduleRequest] = (),
) -> None:
    """Book, or move to, the named scanner, else the first free one of the modality.

    For an order that the caller holds locked; it is changed in place. Where all are
    busy the least busy is overbooked, and flagged. A scanner that we do not know
    keeps its AE title and gets no room; so does a modality without scanners.
    """
    if schedule.start is None:
        return
    minutes = _minutes(order, schedule)
    named = schedule.station_ae_title.strip()
    fitting = [
        station
        for station in stations(order.modality)
        if not named or station.ae_title == named
    ]
    if not fitting:
        book_unplaced(order, schedule, minutes, cause, further)
        return
    _book_first_free(order, fitting, schedule, minutes, cause, further)


def _minutes(order: Order, schedule: ScheduleRequest) -> int:
    if schedule.start and schedule.end and schedule.end > schedule.start:
        return max(
            1, min(int((schedule.end - schedule.start).total_seconds() // 60), 1440)
        )
    return planned_minutes(order)


def book_unplaced(
    order: Order,
    schedule: ScheduleRequest,
    minutes: int,
    cause: Cause,
    further: Sequence[ScheduleRequest] = (),
) -> None:
    """A time without a room, for an order that the caller holds locked."""
    assert schedule.start is not None
    told = schedule.step_id
    step = open_step(order) or ScheduledStep(
        order=order, step_id=told if _fits(told) else next_step_id(order)
    )
    event = Event.MOVE if step.pk else Event.BOOK
    step.station, step.station_ae_title = None, schedule.station_ae_title.strip()[:16]
    save_step(step, schedule.start, minutes)
    free_room(order, AppointmentEvent.CANCEL)
    for flag in (OVERBOOKED, ROOM_SHUT):
        put_flag(order, flag=flag, on=False)
    _add_steps(order, step, further)
    tell_schedule(order, step, "", event, cause)


def _fits(step_id: str) -> bool:
    """Whether DICOM can carry the sender's whole (D9)."""
    return 0 < len(step_id) <= 16


def _book_first_free(
    order: Order,
    fitting: list[Station],
    schedule: ScheduleRequest,
    minutes: int,
    cause: Cause,
    further: Sequence[ScheduleRequest],
) -> None:
    """A sender who says when it ends, or names several steps, rules the room's time;
    else set-up and clean-up of the catalogue are added."""
    assert schedule.start is not None
    is_theirs = schedule.end is not None or bool(further)
    plan = Plan(timedelta(minutes=minutes)) if is_theirs else plan_of(order)
    hold = plan.hold(schedule.start)
    rooms = [station.room_id for station in fitting]
    busy = busy_rooms(rooms, hold.lower, hold.upper, apart_from=order)
    shut = shut_rooms([one.room for one in fitting], Span(hold.lower, hold.upper))
    best = min(fitting, key=lambda one: (one.room_id in shut, busy.get(one.room_id, 0)))

    def book(*, overbook: bool) -> None:
        assert schedule.start is not None
        book_locked(
            order,
            room=lock_room(best.room_id),
            station=best,
            start=schedule.start,
            duration_minutes=minutes,
            cause=cause,
            overbook=overbook,
            step_id=schedule.step_id if _fits(schedule.step_id) else "",
            plan=plan,
            is_shut=best.room_id in shut,
            then=lambda step: _add_steps(order, step, further),
        )

    try:
        book(overbook=best.room_id in busy)
    except (SlotTaken, NotBookable):
        # Between our look and our booking somebody took it.
        book(overbook=True)


def _add_steps(
    order: Order, first: ScheduledStep, further: Sequence[ScheduleRequest]
) -> None:
    """The scheduled steps after the first, each at its own time and scanner.

    A step without a later time of its own follows the one before it; one whose room is
    taken keeps its time and gets no room.
    """
    before = first
    for number, wanted in enumerate(further, start=2):
        before = _add_step(order, wanted, before, number)


def _add_step(
    order: Order, wanted: ScheduleRequest, before: ScheduledStep, number: int
) -> ScheduledStep:
    start = wanted.start
    if start is None or start <= before.start:
        start = before.start + timedelta(minutes=before.duration_minutes)
    modality = wanted.modality or order.modality
    station = _station_named(wanted.station_ae_title, modality) or before.station
    if station and station.modality != modality:
        station = None
    step = ScheduledStep(
        order=order,
        step_id=wanted.step_id
        if _fits(wanted.step_id)
        else step_id_for(order.filler_order_number, number - 1),
        modality=modality,
        protocol_code=wanted.protocol.code,
        protocol_text=wanted.protocol.text[:200],
        protocol_system=wanted.protocol.system,
        station=station,
        station_ae_title=station.ae_title if station else wanted.station_ae_title,
    )
    save_step(step, start, _minutes(order, wanted))
    if station:
        with suppress(SlotTaken, NotBookable):
            room = lock_room(station.room_id)
            hold_room(step, room, state=AppointmentState.BOOKED, overbook=False)
    return step


def _station_named(ae_title: str, modality: str) -> Station | None:
    fitting = (one for one in stations(modality) if one.ae_title == ae_title)
    return next(fitting, None)
