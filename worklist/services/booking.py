"""Scheduled steps: booked, moved, freed; patients arrive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from orders.cause import Cause
from orders.exceptions import UnknownOrder, VersionConflict
from orders.lifecycle import Event, ExamState, Refused, decide
from orders.models import Order, OrderEvent
from orders.numbers import step_id_for
from orders.services import (
    note_on,
    put_schedule,
    record_event,
    run_event,
    save,
    set_schedule,
)
from radflow import unit
from radflow.sites.zones import zone_label
from worklist.exceptions import NotBookable
from worklist.lifecycle import AppointmentEvent, AppointmentState
from worklist.models import Room, ScheduledStep, Station
from worklist.reasons import NOT_ARRIVED
from worklist.selectors.hours import Span
from worklist.selectors.schedule import Plan, plan_of, planned_minutes
from worklist.services.announcing import announce_change
from worklist.services.appointments import free_room, hold_room
from worklist.services.attention import put_flag, set_flag
from worklist.services.ending_waits import end_wait
from worklist.services.fitting import (
    is_taken,
    require_fit,
    require_right_to_overbook,
    why_shut,
)
from worklist.services.noticing import notice_appointment

OVERBOOKED = "overbooked"
ROOM_SHUT = "room_shut"


@unit.atomic
def book_step(
    *,
    order_id: int,
    room_id: int,
    start: datetime,
    duration_minutes: int | None = None,
    station_id: int | None = None,
    cause: Cause,
    overbook: bool = False,
    why: str = "",
    expected_version: int | None = None,
    step_id: str = "",
) -> ScheduledStep:
    """Give the order's step a room and a time (aware), or move it there.

    `start` is the exam's; the room is held for its set-up and clean-up too. With
    `overbook` nothing stands against it; a person needs the right, and says `why`.

    Without `station_id` the room's only scanner of the modality is taken; with several
    of them, any may take the step. `step_id` names a new step as its sender does.

    Raises SlotTaken, NotBookable, UnknownOrder, VersionConflict or lifecycle.Refused;
    then nothing has changed.
    """
    if overbook:
        require_right_to_overbook(cause, why)
    order = lock_order(order_id, expected_version)
    require_modality(order)
    room = lock_room(room_id)
    return book_locked(
        order,
        room=room,
        station=station_in(room, order.modality, station_id),
        start=start,
        duration_minutes=duration_minutes,
        cause=cause,
        overbook=overbook,
        why=why,
        step_id=step_id,
        checked=True,
    )


def lock_room(room_id: int) -> Room:
    """Two who book one room at once wait in line here: the exclusion constraint alone
    would still refuse the second, but PostgreSQL may call it a deadlock."""
    return Room.objects.select_for_update(no_key=True).get(pk=room_id)


def book_locked(
    order: Order,
    *,
    room: Room,
    station: Station | None,
    start: datetime,
    duration_minutes: int | None,
    cause: Cause,
    overbook: bool,
    step_id: str,
    why: str = "",
    checked: bool = False,
    plan: Plan | None = None,
    is_shut: bool | None = None,
    then: Callable[[ScheduledStep], None] | None = None,
) -> ScheduledStep:
    """`book_step` for an order and a room that the caller holds locked.

    `checked` refuses what stands against it unless `overbook`; unchecked it is
    flagged. `plan` and `is_shut` are given by who has asked for them already. `then`
    adds what belongs to the same news before anybody is told.
    """
    steps = list(order.steps.all())
    step = next((one for one in steps if not one.closed), None)
    event = _event_for(order, step, by_person=cause.user is not None)
    step = step or ScheduledStep(
        order=order,
        step_id=step_id or step_id_for(order.filler_order_number, len(steps)),
    )
    step.station = station
    step.station_ae_title = station.ae_title if station else ""
    save_step(step, start, duration_minutes)
    plan = plan or plan_of(order, step.duration_minutes)
    hold = _span(plan.hold(start))
    if checked and not overbook:
        require_fit(order, room, Span(start, start + plan.exam), hold)
    taken = overbook and is_taken(room, hold, apart_from=step)
    hold_room(
        step,
        room,
        state=_appointment_state(order),
        overbook=taken,
        during=plan.hold(start),
        why=why if overbook else "",
    )
    put_flag(order, flag=OVERBOOKED, on=taken)
    if is_shut is None:
        is_shut = why_shut(room, hold) is not None
    put_flag(order, flag=ROOM_SHUT, on=is_shut)
    if then:
        then(step)
    tell_schedule(order, step, room.name, event, cause, why=why if overbook else "")
    end_wait(order, step)
    return step


def _span(during: DateTimeTZRange) -> Span:
    return Span(during.lower, during.upper)


def lock_order(order_id: int, expected_version: int | None = None) -> Order:
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise UnknownOrder(gettext("There is no such order."))
    if expected_version is not None and order.version != expected_version:
        raise VersionConflict(
            gettext("Somebody changed this exam meanwhile. Look, then retry.")
        )
    return order


def require_modality(order: Order) -> None:
    if not order.modality:
        raise NotBookable(
            gettext(
                "The exam has no modality, so no room fits it. Add the procedure to "
                "the catalogue."
            ),
            code="MODALITY_UNKNOWN",
        )


def _event_for(order: Order, step: ScheduledStep | None, *, by_person: bool) -> Event:
    """Refuses early what the exam's machine would only note as an exception."""
    event = Event.MOVE if step and order.scheduled_start else Event.BOOK
    outcome = decide(ExamState(order.status), event, guard=by_person)
    if outcome.task and outcome.state is None:
        state = gettext(ExamState(order.status).label)
        raise NotBookable(gettext("The exam's state is %(state)s.") % {"state": state})
    return event


def open_step(order: Order) -> ScheduledStep | None:
    return order.steps.filter(closed=False).first()


def next_step_id(order: Order) -> str:
    return step_id_for(order.filler_order_number, order.steps.count())


def station_in(room: Room, modality: str, station_id: int | None) -> Station | None:
    fitting = list(room.stations.filter(modality=modality, enabled=True))
    if station_id is not None:
        fitting = [station for station in fitting if station.pk == station_id]
    if not fitting:
        raise NotBookable(
            gettext("%(room)s has no such scanner for %(modality)s.")
            % {"room": room.name, "modality": modality},
            code="WRONG_ROOM",
        )
    return fitting[0] if len(fitting) == 1 else None


def save_step(step: ScheduledStep, start: datetime, minutes: int | None) -> None:
    """`minutes` None: as before, else as the catalogue says."""
    order = step.order
    if not step.modality or step.made_for not in ("", order.modality):
        step.modality = order.modality
    step.made_for = order.modality
    step.start = start
    if minutes or step.pk is None:
        step.duration_minutes = minutes or planned_minutes(order)
    step.version = step.version + 1 if step.pk else 1
    step.save()


def _appointment_state(order: Order) -> AppointmentState:
    if order.status in (ExamState.ARRIVED, ExamState.READY):
        return AppointmentState.ARRIVED
    return AppointmentState.BOOKED


def tell_schedule(
    order: Order,
    step: ScheduledStep,
    room_name: str,
    event: Event,
    cause: Cause,
    *,
    why: str = "",
) -> None:
    """Put the new schedule on the locked order, then run its machine and timeline."""
    put_schedule(
        order,
        start=step.start,
        station_ae_title=step.station_ae_title,
        room_name=room_name,
    )
    where = room_name or step.station_ae_title or f"any {step.modality}"
    # What is kept reads the same for everybody: the server's clock, not the reader's.
    start = timezone.localtime(step.start, timezone.get_default_timezone())
    text = f"{start:%d %b %Y %H:%M} {zone_label(start)}, {where}"
    if why:
        text = f"{text}. Overbooked: {why}"[:500]
    before = order.status
    saved = run_event(
        order,
        event=event,
        cause=cause,
        detail=text,
        guard=cause.user is not None,
    )
    if not saved:
        save(order)
    if order.status == before:
        _note_move(order, event, text, cause)
        announce_change(order, cause)
        notice_appointment(order, cause)


def _note_move(order: Order, event: Event, text: str, cause: Cause) -> None:
    note_on(
        order,
        kind=OrderEvent.Kind.NOTE,
        title=gettext_noop("Moved")
        if event is Event.MOVE
        else gettext_noop("Given a slot"),
        detail=text,
        cause=cause,
    )


@unit.atomic
def unbook(
    *,
    order_id: int,
    cause: Cause,
    reason: str,
    code: str = "",
    expected_version: int | None = None,
) -> Order:
    """Free the slot: the exam is ordered again. Refused once the patient is here.

    `code` is of CID 9300 (worklist.reasons), where one was chosen.
    """
    lock_order(order_id, expected_version)
    return _free(order_id, Event.UNBOOK, AppointmentEvent.CANCEL, cause, reason, code)


def give_up_slot(order: Order) -> None:
    """For an exam that the caller holds locked and has set back to ordered."""
    free_room(order, AppointmentEvent.CANCEL)
    if order.scheduled_start is None:
        return
    put_schedule(order, start=None, station_ae_title="", room_name="")
    put_flag(order, flag=OVERBOOKED, on=False)
    put_flag(order, flag=ROOM_SHUT, on=False)
    save(order)


@unit.atomic
def no_show(
    *,
    order_id: int,
    cause: Cause,
    reason: str = gettext_noop("Did not come"),
    expected_version: int | None = None,
) -> Order:
    """The patient did not come: the slot is free, the exam is ordered again."""
    lock_order(order_id, expected_version)
    event, meaning = Event.NO_SHOW, AppointmentEvent.NO_SHOW
    return _free(order_id, event, meaning, cause, reason, NOT_ARRIVED)


def _free(
    order_id: int,
    event: Event,
    meaning: AppointmentEvent,
    cause: Cause,
    reason: str,
    code: str = "",
) -> Order:
    order = lock_order(order_id)
    outcome = decide(ExamState(order.status), event)
    if outcome.task and outcome.state is None:
        raise Refused("ORDER_STATE", order.status, event)
    free_room(order, meaning, reason_code=code)
    set_schedule(order_id=order_id, start=None, station_ae_title="", room_name="")
    for flag in (OVERBOOKED, ROOM_SHUT):
        set_flag(order_id=order_id, flag=flag, on=False)
    return record_event(order_id=order_id, event=event, cause=cause, detail=reason)


@unit.atomic
def free_slot(
    *,
    order_id: int,
    event: Event,
    meaning: AppointmentEvent,
    cause: Cause,
    reason: str,
) -> Order:
    """As a scheduler says it. Raises lifecycle.Refused once the patient is here."""
    return _free(order_id, event, meaning, cause, reason)


@unit.atomic
def arrive(*, order_id: int, cause: Cause) -> Order:
    """Check the patient in; a walk-in gets a step now, for any scanner that fits."""
    order = lock_order(order_id)
    if order.status == ExamState.ORDERED and order.modality:
        _make_walk_in(order, cause)
    return record_event(order_id=order_id, event=Event.ARRIVE, cause=cause)


def _make_walk_in(order: Order, cause: Cause) -> None:
    step = open_step(order) or ScheduledStep(order=order, step_id=next_step_id(order))
    step.station, step.station_ae_title = None, ""
    save_step(step, cause.at, None)
    set_schedule(order_id=order.pk, start=cause.at, station_ae_title="", room_name="")


def bind_station(step: ScheduledStep, ae_title: str) -> None:
    """The first scanner to begin a step that any could take makes it its own."""
    if step.station_ae_title or step.closed:
        return
    step.station = Station.objects.filter(
        ae_title=ae_title, modality=step.modality
    ).first()
    step.station_ae_title = ae_title[:16]
    step.version += 1
    step.save()
    set_schedule(
        order_id=step.order_id,
        start=step.start,
        station_ae_title=step.station_ae_title,
        room_name=step.station.room.name if step.station else "",
    )


@unit.atomic
def undo_arrival(
    *,
    order_id: int,
    cause: Cause,
    detail: str = "",
    expected_version: int | None = None,
) -> Order:
    return record_event(
        order_id=order_id,
        event=Event.UNDO_ARRIVAL,
        cause=cause,
        detail=detail,
        expected_version=expected_version,
    )
