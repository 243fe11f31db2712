"""Rooms, scanners and their days; each a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from orders.lifecycle import ExamState
from orders.models import Order
from orders.selectors import procedure_of
from radflow.sites.models import Site
from worklist.lifecycle import HOLDS_ROOM
from worklist.models import Appointment, Room, ScheduledStep, Station

DEFAULT_MINUTES = 20
_GRID = timedelta(minutes=5)
_SOON = (ExamState.SCHEDULED, ExamState.ARRIVED, ExamState.READY, ExamState.IN_PROGRESS)


@dataclass(frozen=True)
class Slot:
    """A free time of a room, aware."""

    room: Room
    start: datetime
    end: datetime


def planned_minutes(order: Order) -> int:
    """The catalogue's duration of the order's procedure, else the default."""
    known = procedure_of(order)
    return known.duration_minutes if known else DEFAULT_MINUTES


def day_range(day: date) -> DateTimeTZRange:
    """A day by the clock of the page, [midnight, midnight)."""
    zone = timezone.get_current_timezone()
    start = datetime.combine(day, time.min, zone)
    return DateTimeTZRange(
        start, datetime.combine(day + timedelta(days=1), time.min, zone), "[)"
    )


def rooms() -> QuerySet[Room]:
    return Room.objects.filter(enabled=True).prefetch_related("stations")


def stations(modality: str = "", site: Site | None = None) -> QuerySet[Station]:
    """The enabled scanners in enabled rooms, in the rooms' order; of a site or all."""
    found = Station.objects.filter(enabled=True, room__enabled=True)
    if modality:
        found = found.filter(modality=modality)
    if site:
        found = found.filter(room__site=site)
    return found.select_related("room__site").order_by("room__position", "name")


def bookings_of_day(day: date, room: Room | None = None) -> list[Appointment]:
    """What holds the rooms on a local day, with steps, orders and patients."""
    found = Appointment.objects.filter(
        during__overlap=day_range(day), state__in=[*HOLDS_ROOM, "fulfilled"]
    )
    if room is not None:
        found = found.filter(room=room)
    return list(
        found.select_related("room", "step__station", "step__order__patient")
        .prefetch_related("step__order__patient__identifiers")
        .order_by("room__position", "during")
    )


def station_list(station: Station, day: date) -> list[ScheduledStep]:
    """A scanner's own steps of a local day and those any of its kind may take.

    Waiting, in progress and done ones; with orders, patients and identifiers.
    """
    window = day_range(day)
    found = ScheduledStep.objects.filter(
        start__gte=window.lower,
        start__lt=window.upper,
        modality=station.modality,
        order__status__in=[*_SOON, ExamState.PERFORMED, ExamState.ON_HOLD],
    ).filter(_offered_to(station))
    return list(
        found.select_related("station__room", "order__patient", "order__visit")
        .prefetch_related("order__patient__identifiers")
        .order_by("start", "id")
    )


def _offered_to(station: Station) -> Q:
    pool = Q(station=None, station_ae_title="")
    return pool | Q(station=station) | Q(station_ae_title=station.ae_title)


def free_slots(
    modality: str,
    day: date,
    duration: timedelta,
    *,
    site: Site | None = None,
    limit: int = 30,
) -> list[Slot]:
    """Times of a local day when a room with a scanner of the modality is free.

    Working hours are 7:00 to 19:00 by the room's own clock until rooms have their
    own; nothing in the past.
    """
    wanted = {station.room_id: station.room for station in stations(modality, site)}
    held = _held(list(wanted), day)
    slots = [
        slot
        for room in wanted.values()
        for opens, closes in _working_hours(day, room.site)
        for slot in _gaps(room, held.get(room.pk, []), opens, closes, duration)
    ]
    return sorted(slots, key=lambda slot: (slot.start, slot.room.position))[:limit]


def busy_rooms(
    room_ids: list[int], start: datetime, end: datetime, *, apart_from: Order
) -> dict[int, int]:
    """How many bookings each room has in [start, end); rooms without are absent.

    The bookings of the order that looks for a place do not count.
    """
    held = Appointment.objects.filter(
        room_id__in=room_ids,
        during__overlap=DateTimeTZRange(start, end, "[)"),
        state__in=HOLDS_ROOM,
    ).exclude(step__order=apart_from)
    counted = held.order_by().values_list("room_id").annotate(Count("id"))
    return dict(counted)


def _held(room_ids: list[int], day: date) -> dict[int, list[DateTimeTZRange]]:
    rows = Appointment.objects.filter(
        room_id__in=room_ids, during__overlap=day_range(day), state__in=HOLDS_ROOM
    )
    held: dict[int, list[DateTimeTZRange]] = {}
    for room_id, during in rows.order_by("during").values_list("room_id", "during"):
        held.setdefault(room_id, []).append(during)
    return held


def _working_hours(day: date, site: Site) -> Iterator[tuple[datetime, datetime]]:
    """What of the site's hours lies within the day by the page's clock."""
    window = day_range(day)
    # In UTC: times of one zone are added and compared as if its clocks never changed.
    start, end = window.lower.astimezone(UTC), window.upper.astimezone(UTC)
    there = start.astimezone(site.zone).date()
    while there <= end.astimezone(site.zone).date():
        opens = datetime.combine(there, time(7), site.zone).astimezone(UTC)
        closes = datetime.combine(there, time(19), site.zone).astimezone(UTC)
        yield max(opens, start, _on_grid(timezone.now())), min(closes, end)
        there += timedelta(days=1)


def _on_grid(moment: datetime) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + -(-(moment - midnight) // _GRID) * _GRID


def _gaps(
    room: Room,
    held: list[DateTimeTZRange],
    opens: datetime,
    closes: datetime,
    duration: timedelta,
) -> list[Slot]:
    slots = []
    start = opens
    for taken in [*held, DateTimeTZRange(closes, closes)]:
        while start + duration <= min(taken.lower, closes):
            slots.append(Slot(room, start, start + duration))
            start += duration
        start = max(start, _on_grid(taken.upper))
    return slots
