"""Rooms, scanners and their days; each a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

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
GRID = timedelta(minutes=5)
_SOON = (ExamState.SCHEDULED, ExamState.ARRIVED, ExamState.READY, ExamState.IN_PROGRESS)


@dataclass(frozen=True)
class Slot:
    """A free time of a room, aware."""

    room: Room
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Plan:
    """How long an exam takes, and its room before and after it."""

    exam: timedelta
    before: timedelta = timedelta()
    after: timedelta = timedelta()
    fasting: bool = False

    def hold(self, start: datetime) -> DateTimeTZRange:
        """The room's time of an exam that starts then."""
        return DateTimeTZRange(
            start - self.before, start + self.exam + self.after, "[)"
        )


def plan_of(order: Order, minutes: int | None = None) -> Plan:
    """By the catalogue; `minutes` is what a person or a sender wants instead."""
    known = procedure_of(order)
    if known is None:
        return Plan(timedelta(minutes=minutes or DEFAULT_MINUTES))
    return Plan(
        exam=timedelta(minutes=minutes or known.duration_minutes),
        before=timedelta(minutes=known.setup_minutes),
        after=timedelta(minutes=known.cleanup_minutes),
        fasting=known.fasting,
    )


def planned_minutes(order: Order) -> int:
    """The catalogue's duration of the order's procedure, else the default."""
    return int(plan_of(order).exam.total_seconds()) // 60


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


def on_grid(moment: datetime) -> datetime:
    """Up to the next five minutes."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + -(-(moment - midnight) // GRID) * GRID
