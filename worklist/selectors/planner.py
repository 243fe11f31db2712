"""What the room board shows: rooms, their bookings, who waits, who is being moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from orders.lifecycle import ExamState
from orders.models import Order, PatientIdentifier
from orders.selectors import with_mrn
from orders.selectors.procedures import procedures_of
from radflow.sites.models import Site
from worklist.lifecycle import HOLDS_ROOM, AppointmentState
from worklist.models import Appointment, Grasp, Room
from worklist.selectors.alike import LookAlikes, Person
from worklist.selectors.board import RANK
from worklist.selectors.schedule import DEFAULT_MINUTES, day_range

_ORDER = "step__order__"
_PATIENT = f"{_ORDER}patient__"
# What a block shows; an order has three times as many columns.
_SHOWN = (
    *("during", "state", "overbooked", "room_id"),
    *("step__start", "step__duration_minutes"),
    *(
        f"{_ORDER}{name}"
        for name in ("status", "report_status", "priority", "version", "laterality")
    ),
    *(
        f"{_ORDER}{name}"
        for name in ("procedure_text", "procedure_code", "modality", "accession_number")
    ),
    *(
        f"{_PATIENT}{name}"
        for name in ("family_name", "given_name", "name_ideographic", "name_phonetic")
    ),
    *(f"{_PATIENT}{name}" for name in ("birth_date", "birth_date_text")),
)


def rooms_of(site: Site | None) -> list[Room]:
    """The enabled rooms of a site or of all, with scanners and sites at hand."""
    found = Room.objects.filter(enabled=True).select_related("site")
    if site:
        found = found.filter(site=site)
    return list(found.prefetch_related("stations"))


def bookings(rooms: Sequence[Room], first: date, days: int = 1) -> list[Appointment]:
    """What holds or held these rooms in some local days, with orders and patients.

    Each has its patient's `mrn` beside it.
    """
    found = Appointment.objects.filter(
        room__in=[room.pk for room in rooms],
        during__overlap=_days_range(first, days),
        state__in=[*HOLDS_ROOM, AppointmentState.FULFILLED],
    )
    shown = found.select_related("step__order__patient").only(*_SHOWN)
    preferred = PatientIdentifier.objects.filter(
        patient=OuterRef("step__order__patient"), preferred=True
    )
    shown = shown.annotate(mrn=Subquery(preferred.values("value")[:1]))
    return list(shown.order_by("during", "id"))


def alike_among(booked: Sequence[Appointment]) -> LookAlikes:
    """Who of these bookings may be taken for another one of them."""
    people = {}
    for each in booked:
        patient = each.step.order.patient
        people[patient.pk] = Person(
            patient_id=patient.pk,
            family_name=patient.family_name,
            given_name=patient.given_name,
            birth_date=patient.birth_date,
            birth_date_text=patient.birth_date_text,
            mrn=mrn_beside(each),
        )
    return LookAlikes(people.values())


def mrn_beside(booked: Appointment) -> str:
    """As `bookings` has read it."""
    return getattr(booked, "mrn", "") or ""


def _days_range(first: date, days: int) -> DateTimeTZRange:
    last = first + timedelta(days=days - 1)
    return DateTimeTZRange(day_range(first).lower, day_range(last).upper, "[)")


def waiting_orders(modality: str = "", *, limit: int, after: int = 0) -> list[Order]:
    """Who waits for a slot: most urgent first, then who waits longest; with MRNs."""
    orders = with_mrn(_waiting()).annotate(
        rank=RANK, waiting_since=Coalesce("requested_start", "created_at")
    )
    if modality:
        orders = orders.filter(modality=modality)
    ordered = orders.select_related("patient", "peer", "visit")
    ordered = ordered.order_by("rank", "waiting_since", "id")
    return list(ordered[after : after + limit])


def waiting_counts() -> Counter[str]:
    """How many wait for a slot, by modality."""
    rows = _waiting().order_by().values_list("modality").annotate(Count("id"))
    return Counter(dict(rows))


def _waiting() -> QuerySet[Order]:
    """An exam without a modality fits no room: it waits for its procedure first."""
    return Order.objects.filter(status=ExamState.ORDERED).exclude(modality="")


def minutes_of(orders: Sequence[Order]) -> dict[int, int]:
    """How long each would take as planned, by its id; two queries."""
    known = procedures_of(orders)
    return {
        order.pk: one.duration_minutes if (one := known[order.pk]) else DEFAULT_MINUTES
        for order in orders
    }


def grasps(apart_from: str = "") -> list[Grasp]:
    """Exams that are being moved now, without those that this window moves."""
    found = Grasp.objects.filter(until__gt=timezone.now()).exclude(window=apart_from)
    return list(found.select_related("user", "order", "room").order_by("id"))
