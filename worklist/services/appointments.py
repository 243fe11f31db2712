"""Rooms' time: given, moved, freed. Called with the order locked."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.lifecycle import Event, ExamState
from orders.models import Order
from radflow.live import services as live
from worklist.exceptions import SlotTaken
from worklist.lifecycle import (
    FOLLOWS,
    HOLDS_ROOM,
    AppointmentEvent,
    AppointmentState,
    decide,
)
from worklist.models import Appointment, Room, ScheduledStep


def hold_room(
    step: ScheduledStep, room: Room, *, state: AppointmentState, overbook: bool
) -> Appointment:
    """Give the step its time in the room; raises SlotTaken where the database does."""
    end = step.start + timedelta(minutes=step.duration_minutes)
    held = None if step.version == 1 else active_appointment(step)
    appointment = held or Appointment(step=step, state=state)
    left = appointment.room_id
    appointment.room = room
    appointment.during = DateTimeTZRange(step.start, end, "[)")
    appointment.overbooked = overbook
    _save(appointment)
    for room_id in {room.pk, left} - {None}:
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
        raise _taken(appointment) from error


def _taken(wanted: Appointment) -> SlotTaken:
    held = (
        Appointment.objects.filter(
            room=wanted.room,
            during__overlap=wanted.during,
            state__in=HOLDS_ROOM,
            overbooked=False,
        )
        .exclude(pk=wanted.pk)
        .select_related("step__order")
        .order_by("during")
        .first()
    )
    start, end = _ends(held or wanted)
    number = held.step.order.accession_number if held else ""
    holder = _(" (exam %(number)s)") % {"number": number} if number else ""
    text = _(
        "%(room)s is booked from %(start)s to %(end)s%(holder)s. "
        "Choose another time or room."
    )
    return SlotTaken(
        text
        % {
            "room": wanted.room.name,
            "start": _clock(start),
            "end": _clock(end),
            "holder": holder,
        },
        start=start,
        end=end,
        order_id=held.step.order_id if held else None,
    )


def _ends(appointment: Appointment) -> tuple[datetime, datetime]:
    return appointment.during.lower, appointment.during.upper


def _clock(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%H:%M")


def free_room(order: Order, event: AppointmentEvent) -> None:
    """Cancel or no-show: the slot is open for others, the step keeps its history."""
    for appointment in _of(order).filter(state__in=HOLDS_ROOM):
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
    appointment.state = after
    appointment.version += 1
    appointment.save()
    live.publish("room", appointment.room_id)
