"""Rooms' time: given, moved, freed. Called with the order locked."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet

from orders.lifecycle import Event, ExamState
from orders.models import Order
from radflow.live import services as live
from worklist.lifecycle import (
    FOLLOWS,
    HOLDS_ROOM,
    AppointmentEvent,
    AppointmentState,
    decide,
)
from worklist.models import Appointment, Room, ScheduledStep
from worklist.services.fitting import taken_by
from worklist.services.freed import note_freed
from worklist.services.resources import hold_resources, release_resources


def hold_room(
    step: ScheduledStep,
    room: Room,
    *,
    state: AppointmentState,
    overbook: bool,
    during: DateTimeTZRange | None = None,
    why: str = "",
) -> Appointment:
    """Give the step its time in the room; raises SlotTaken where the database does.

    `during` is with set-up and clean-up, by default the step's own minutes; `why` it
    is overbooked.
    """
    end = step.start + timedelta(minutes=step.duration_minutes)
    held = None if step.version == 1 else active_appointment(step)
    appointment = held or Appointment(step=step, state=state)
    left = (appointment.room_id, appointment.during) if held else None
    appointment.room = room
    appointment.during = during or DateTimeTZRange(step.start, end, "[)")
    appointment.overbooked = overbook
    appointment.overbooked_why = why[:200]
    _save(appointment)
    hold_resources(appointment, is_new=held is None)
    if left and left != (room.pk, appointment.during):
        note_freed(*left, step.modality)
    for room_id in {room.pk, left[0] if left else room.pk}:
        live.publish("room", room_id)
    return appointment


def active_appointment(step: ScheduledStep) -> Appointment | None:
    return step.appointments.filter(state__in=HOLDS_ROOM).first()


def _save(appointment: Appointment) -> None:
    """Two at the same moment: the exclusion constraint lets the first commit win."""
    if appointment.pk:
        appointment.version += 1
    try:
        with transaction.atomic():
            appointment.save()
    except IntegrityError as error:
        if "room_booked_once" not in str(error):
            raise
        raise taken_by(appointment) from error


def free_room(order: Order, event: AppointmentEvent, *, reason_code: str = "") -> None:
    """Cancel or no-show: the slot is open for others, the step keeps its history."""
    for appointment in _of(order).filter(state__in=HOLDS_ROOM):
        appointment.reason_code = reason_code
        _move(appointment, decide(AppointmentState(appointment.state), event).state)


def follow_exam(order: Order, event: Event) -> None:
    """Move the order's appointment along with an exam event that changed its state."""
    meaning = FOLLOWS.get(event)
    if meaning is None:
        return
    appointments = list(_of(order).order_by("id"))
    held = [one for one in appointments if one.state in HOLDS_ROOM]
    for appointment in held or appointments[-1:]:
        _follow(appointment, order, meaning)


def _follow(appointment: Appointment, order: Order, meaning: AppointmentEvent) -> None:
    given_up = order.status == ExamState.ORDERED
    outcome = decide(AppointmentState(appointment.state), meaning, guard=given_up)
    after = _state_before_start(order) if outcome.back else outcome.state
    if outcome.task and meaning is AppointmentEvent.BEGIN:
        # The slot was free meanwhile: somebody may have it, the scan goes on anyway.
        appointment.overbooked = True
    _move(appointment, after)


def _state_before_start(order: Order) -> AppointmentState:
    if order.status in (ExamState.ARRIVED, ExamState.READY):
        return AppointmentState.ARRIVED
    return AppointmentState.BOOKED


def _of(order: Order) -> QuerySet[Appointment]:
    return Appointment.objects.filter(step__order=order)


def _move(appointment: Appointment, after: AppointmentState | None) -> None:
    if after is None or appointment.state == after:
        return
    held = appointment.state in HOLDS_ROOM
    appointment.state = after
    appointment.version += 1
    appointment.save()
    if held and after not in HOLDS_ROOM:
        release_resources(appointment)
        if not appointment.overbooked and after is not AppointmentState.FULFILLED:
            modality = appointment.step.modality
            note_freed(appointment.room_id, appointment.during, modality)
    live.publish("room", appointment.room_id)
