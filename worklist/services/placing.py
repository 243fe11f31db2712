"""An exam given the time of a scheduler's appointment."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.lifecycle import Event, ExamState, decide
from orders.models import Order
from orders.requests import ScheduleRequest
from orders.services.completing import may_be_scheduled
from worklist.exceptions import SlotTaken
from worklist.lifecycle import HOLDS_ROOM, AppointmentState
from worklist.models import Appointment, ExternalAppointment, Room, Station
from worklist.selectors.schedule import Plan, busy_rooms
from worklist.services.attention import alarm_on
from worklist.services.auto_booking import auto_book, book_unplaced
from worklist.services.booking import (
    OVERBOOKED,
    book_locked,
    lock_room,
    open_step,
)
from worklist.services.noticing import notice_appointment
from worklist.services.said import slot_for

NO_TIME = gettext_noop("The appointment tells no time, so the exam got no slot")
NOT_READY = gettext_noop(
    "The exam cannot be scheduled yet: its procedure is not in the catalogue."
)
NOT_NOW = gettext_noop("The exam’s state does not allow a booking.")
_BOOKED_TOO_LATE = gettext_noop("The scheduler booked an exam that cannot be booked")
SECOND = gettext_noop(
    "The exam has another booking. This one is kept beside it and takes its place if "
    "that one is given up."
)
_TWICE = gettext_noop("Booked twice")
UNKNOWN_PLACE = gettext_noop(
    "The appointment’s room or scanner is not known here: booked without a room"
)
OVERLAPS = gettext_noop("The room is taken at that time: kept, flagged as overbooked")
# How the timeline calls a booking.
_BOOKINGS = ("Scheduled", "Moved", "Given a slot")


def give_place(row: ExternalAppointment, order: Order, cause: Cause) -> list[str]:
    """Book the exam, which the caller holds locked, by the appointment; saves both.

    Returns warnings. Where the exam cannot have it, the appointment stays without
    order, or beside the exam's other booking.
    """
    start, minutes = slot_for(row, order)
    if start is None:
        return _wait(row, NO_TIME)
    if not order.modality or not may_be_scheduled(order):
        return _wait(row, NOT_READY)
    if not row.placed and _has_other(row, order, start):
        return _keep_beside(row, order, cause)
    event = Event.MOVE if order.scheduled_start else Event.BOOK
    outcome = decide(ExamState(order.status), event, guard=cause.user is not None)
    if outcome.task and outcome.state is None:
        alarm_on(order, title=_BOOKED_TOO_LATE, detail=NOT_NOW, cause=cause)
        row.order = None
        return _wait(row, NOT_NOW)
    return _place(row, order, start, minutes, cause)


def _wait(row: ExternalAppointment, why: str) -> list[str]:
    row.attention = why
    _save(row)
    return [why]


def _has_other(row: ExternalAppointment, order: Order, start: datetime) -> bool:
    if order.external_appointments.filter(placed=True).exclude(pk=row.pk).exists():
        return True
    if order.scheduled_start in (None, start):
        return False
    return _is_booked_by_person(order)


def _is_booked_by_person(order: Order) -> bool:
    """What a message booked, the scheduler may move; what a person did, stays."""
    last = order.events.filter(title__in=_BOOKINGS).order_by("-id").first()
    return bool(last and last.user_id)


def _keep_beside(row: ExternalAppointment, order: Order, cause: Cause) -> list[str]:
    is_new = row.order_id != order.pk
    row.order, row.patient, row.placed = order, order.patient, False
    _save(row)
    if is_new:
        alarm_on(order, title=_TWICE, detail=SECOND, cause=cause)
    return [SECOND]


def _place(
    row: ExternalAppointment,
    order: Order,
    start: datetime,
    minutes: int,
    cause: Cause,
) -> list[str]:
    held = _is_held(row, order, start, minutes)
    row.order, row.patient, row.placed, row.attention = order, order.patient, True, ""
    row.state = AppointmentState.BOOKED
    if order.status in (ExamState.ARRIVED, ExamState.READY):
        row.state = AppointmentState.ARRIVED
    _save(row)
    if held:
        notice_appointment(order, cause)
        return []
    overlaps = _book(row, order, start, minutes, cause)
    if row.double_booked != overlaps:
        row.double_booked = overlaps
        row.save(update_fields=["double_booked"])
    found = [OVERLAPS] if overlaps else []
    return [*found, UNKNOWN_PLACE] if row.said.get("unknown_place") else found


def _is_held(
    row: ExternalAppointment, order: Order, start: datetime, minutes: int
) -> bool:
    """The exam has just this slot already: nothing is booked, and nobody told."""
    step = open_step(order)
    if step is None or order.scheduled_start != start or step.start != start:
        return False
    rooms = Appointment.objects.filter(step=step, state__in=HOLDS_ROOM)
    held = rooms.values_list("room_id", flat=True).first()
    is_same_room = held == row.room_id or not _names_place(row)
    is_same_station = row.station_id in (None, step.station_id)
    return step.duration_minutes == minutes and is_same_room and is_same_station


def _names_place(row: ExternalAppointment) -> bool:
    return bool(row.room_id or row.said.get("unknown_place"))


def _book(
    row: ExternalAppointment,
    order: Order,
    start: datetime,
    minutes: int,
    cause: Cause,
) -> bool:
    """Returns whether the room was taken by others."""
    schedule = ScheduleRequest(start=start, end=start + timedelta(minutes=minutes))
    if row.room is not None:
        return _book_room(order, row.room, row.station, start, minutes, cause)
    if _names_place(row):
        book_unplaced(order, schedule, minutes, cause)
        return False
    auto_book(order=order, schedule=schedule, cause=cause)
    return OVERBOOKED in order.flags


def _book_room(
    order: Order,
    room: Room,
    named: Station | None,
    start: datetime,
    minutes: int,
    cause: Cause,
) -> bool:
    end = start + timedelta(minutes=minutes)
    busy = bool(busy_rooms([room.pk], start, end, apart_from=order))

    def book(*, overbook: bool) -> None:
        book_locked(
            order,
            room=lock_room(room.pk),
            station=_scanner(room, named, order.modality),
            start=start,
            duration_minutes=minutes,
            cause=cause,
            overbook=overbook,
            step_id="",
            # The scheduler's time is the room's, with all that it takes there.
            plan=Plan(timedelta(minutes=minutes)),
        )

    try:
        book(overbook=busy)
    except SlotTaken:
        # Between our look and our booking somebody took it.
        busy = True
        book(overbook=True)
    return busy


def _scanner(room: Room, named: Station | None, modality: str) -> Station | None:
    """The one named, else the room's only one of the modality; else any may do it."""
    if named and named.modality == modality:
        return named
    fitting = list(room.stations.filter(modality=modality, enabled=True)[:2])
    return fitting[0] if len(fitting) == 1 else None


def _save(row: ExternalAppointment) -> None:
    if row.pk:
        row.version += 1
    row.save()
