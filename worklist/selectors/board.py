"""The department's board: which exams, in which order; a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from orders.lifecycle import OPEN_STATES, TERMINAL_STATES, ExamState
from orders.models import (
    AHEAD,
    SIGNED,
    UNSIGNED,
    Order,
    PatientIdentifier,
    Priority,
)
from orders.selectors import with_mrn
from orders.selectors.finding import readings
from radflow.sites.models import Site
from worklist.models import Room
from worklist.selectors.schedule import day_range

RECENT = timedelta(days=2)
_MOST_FOUND = 2000

P = Priority
_RANKS = (P.STAT, P.ASAP, P.TIMING_CRITICAL, P.CALLBACK, P.PREOP, P.ROUTINE)
RANK = Case(
    *(When(priority=p, then=Value(rank)) for rank, p in enumerate(_RANKS)),
    default=Value(len(_RANKS)),
    output_field=IntegerField(),
)
_READ = Q(report_status__in=SIGNED)
# What still waits for hands, what waits to be read, what is over.
_STAGE = Case(
    When(status__in=OPEN_STATES, then=Value(0)),
    When(
        status=ExamState.PERFORMED,
        then=Case(When(_READ, then=Value(2)), default=Value(1)),
    ),
    default=Value(2),
    output_field=IntegerField(),
)


# What a row shows; an order has three times as many columns.
_SHOWN = (
    *("status", "status_since", "report_status", "priority", "scheduled_start"),
    *("procedure_text", "procedure_code", "laterality", "needs_attention"),
    *("accession_number", "room_name", "visit__location"),
    *("patient__family_name", "patient__given_name", "patient__name_ideographic"),
    *("patient__birth_date", "patient__birth_date_text"),
)


@dataclass(frozen=True)
class BoardFilter:
    """Empty values do not filter. `states` empty: everything that is not closed.

    `day` is local; exams without a time belong to every day while they are open, then
    to the day on which they ended. Without a day what is open, or changed since two
    days. `text`, stripped, is an accession, placer number or patient identifier of any
    day, or the beginning of a name among these.
    `site` leaves out what is in a room of another one, and nothing else: an exam
    without a room, or with one we do not know, is everybody's.
    """

    states: tuple[str, ...] = ()
    modality: str = ""
    day: date | None = None
    text: str = ""
    site: Site | None = None

    @cached_property
    def found(self) -> frozenset[int]:
        """The exams that `text` names."""
        return frozenset(_found(self.text))


def board_orders(
    wanted: BoardFilter, *, limit: int = 50, after: int = 0
) -> list[Order]:
    """Most urgent first, then who waits longest; what is done stands below.

    Patients and MRNs are at hand.
    """
    orders = with_mrn(filtered(wanted)).annotate(
        stage=_STAGE,
        rank=RANK,
        waiting_since=Coalesce("scheduled_start", "requested_start", "created_at"),
    )
    shown = orders.select_related("patient", "visit").only(*_SHOWN)
    ordered = shown.order_by("stage", "rank", "waiting_since", "id")
    return list(ordered[after : after + limit])


def counts_by_state(wanted: BoardFilter | None = None) -> dict[ExamState, int]:
    """How many exams each state has under the filter, its states left aside."""
    shown = filtered(wanted or BoardFilter(), in_every_state=True)
    rows = shown.order_by().values("status").annotate(n=Count("id"))
    found = {row["status"]: row["n"] for row in rows}
    return {state: found.get(state, 0) for state in ExamState}


def filtered(wanted: BoardFilter, *, in_every_state: bool = False) -> QuerySet[Order]:
    """What the board shows under the filter, in no order."""
    orders = Order.objects.all()
    if not in_every_state:
        orders = orders.filter(_in_states(wanted.states))
    if wanted.modality:
        orders = orders.filter(modality=wanted.modality)
    if wanted.text:
        orders = orders.filter(pk__in=wanted.found)
    if wanted.day:
        orders = orders.filter(_on_day(wanted.day))
    elif not wanted.text:
        are_over = wanted.states and TERMINAL_STATES.issuperset(wanted.states)
        orders = orders.filter(_changed() if are_over else _recent())
    if wanted.site:
        orders = orders.exclude(room_name__in=_rooms_elsewhere(wanted.site))
    return orders


def _in_states(states: tuple[str, ...]) -> Q:
    return Q(status__in=states) if states else ~Q(status__in=TERMINAL_STATES)


def _rooms_elsewhere(site: Site) -> QuerySet[Room, str]:
    return Room.objects.exclude(site=site).order_by().values_list("name", flat=True)


def _on_day(day: date) -> Q:
    window = day_range(day)
    within = Q(status_since__gte=window.lower, status_since__lt=window.upper)
    timed = Q(scheduled_start__gte=window.lower, scheduled_start__lt=window.upper)
    return timed | Q(scheduled_start=None) & (AHEAD | UNSIGNED | within)


def _recent() -> Q:
    """What is open, and what changed in the last days; never the whole archive."""
    return AHEAD | UNSIGNED | _changed()


def _changed() -> Q:
    return Q(status_since__gte=timezone.now() - RECENT)


def _found(text: str) -> set[int]:
    """Exams that a text names; each table is asked alone, by its own index."""
    said = {text, text.upper()}
    numbers = Q(accession_number__in=said) | Q(placer_order_number__in=said)
    known = PatientIdentifier.objects.filter(value__in=said).values("patient")
    several = [
        Order.objects.filter(numbers),
        Order.objects.filter(patient__in=known),
    ]
    if names := _named(text):
        several.append(Order.objects.filter(_recent(), names))
    return {
        pk
        for found in several
        for pk in found.order_by().values_list("pk", flat=True)[:_MOST_FOUND]
    }


def _named(text: str) -> Q:
    """Beginnings of names; a key is `FAMILY|GIVEN`."""
    names = Q()
    for family, given in readings(text):
        begins = Q(patient__name_key__startswith=family)
        if given:
            begins &= Q(patient__name_key__contains=f"|{given}")
        names |= begins
    return names
