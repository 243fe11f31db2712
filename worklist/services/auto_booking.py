"""A slot for an order that came with its time: the sender's schedule is not refused."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order
from orders.requests import ScheduleRequest
from worklist.exceptions import SlotTaken
from worklist.lifecycle import AppointmentEvent
from worklist.models import ScheduledStep, Station
from worklist.selectors.schedule import busy_rooms, planned_minutes, stations
from worklist.services.appointments import free_room
from worklist.services.booking import (
    book_step,
    next_step_id,
    open_step,
    save_step,
    tell_schedule,
)

_LONGEST_MINUTES = 24 * 60


@transaction.atomic
def auto_book(*, order: Order, schedule: ScheduleRequest, cause: Cause) -> None:
    """Book, or move to, the named scanner, else the first free one of the modality.

    Where all are busy the least busy is overbooked, and flagged. A scanner that we do
    not know keeps its AE title and gets no room; so does a modality without scanners.
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
        _book_unplaced(order, schedule.start, minutes, named, schedule.step_id, cause)
        return
    _book_first_free(order, fitting, schedule, minutes, cause)


def _minutes(order: Order, schedule: ScheduleRequest) -> int:
    if schedule.start and schedule.end and schedule.end > schedule.start:
        return max(
            1, min(int((schedule.end - schedule.start).total_seconds() // 60), 1440)
        )
    return planned_minutes(order)


def _book_unplaced(
    order: Order,
    start: datetime,
    minutes: int,
    ae_title: str,
    step_id: str,
    cause: Cause,
) -> None:
    step = open_step(order) or ScheduledStep(
        order=order, step_id=_step_id(order, step_id)
    )
    event = Event.MOVE if step.pk else Event.BOOK
    step.station, step.station_ae_title = None, ae_title[:16]
    save_step(step, start, minutes)
    free_room(order, AppointmentEvent.CANCEL)
    tell_schedule(step, "", event, cause)


def _step_id(order: Order, wanted: str) -> str:
    """The sender's, where DICOM can carry it whole (D9)."""
    return wanted if 0 < len(wanted) <= 16 else next_step_id(order)


def _book_first_free(
    order: Order,
    fitting: list[Station],
    schedule: ScheduleRequest,
    minutes: int,
    cause: Cause,
) -> None:
    assert schedule.start is not None
    end = schedule.start + timedelta(minutes=minutes)
    rooms = [station.room_id for station in fitting]
    busy = busy_rooms(rooms, schedule.start, end, apart_from=order)
    best = min(fitting, key=lambda station: busy.get(station.room_id, 0))
    try:
        _book(order, best, schedule, minutes, cause, overbook=best.room_id in busy)
    except SlotTaken:
        # Between our look and our booking somebody took it.
        _book(order, best, schedule, minutes, cause, overbook=True)


def _book(
    order: Order,
    station: Station,
    schedule: ScheduleRequest,
    minutes: int,
    cause: Cause,
    *,
    overbook: bool,
) -> None:
    assert schedule.start is not None
    book_step(
        order_id=order.pk,
        room_id=station.room_id,
        station_id=station.pk,
        start=schedule.start,
        duration_minutes=minutes,
        cause=cause,
        overbook=overbook,
        step_id=_step_id(order, schedule.step_id),
    )
