"""The department's board: which exams, in which order; a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from orders.identity import fold
from orders.lifecycle import OPEN_STATES, TERMINAL_STATES, ExamState
from orders.models import SIGNED, Order, PatientIdentifier, Priority
from worklist.selectors.schedule import day_range

P = Priority
_RANKS = (P.STAT, P.ASAP, P.TIMING_CRITICAL, P.CALLBACK, P.PREOP, P.ROUTINE)
_RANK = Case(
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


@dataclass(frozen=True)
class BoardFilter:
    """Empty values do not filter. `states` empty: everything that is not closed.

    `day` is local; exams without a time belong to every day. `text` is looked for at
    the beginning of names, and is an accession, placer number or patient identifier.
    """

    states: tuple[str, ...] = ()
    modality: str = ""
    day: date | None = None
    text: str = ""


def board_orders(wanted: BoardFilter, *, limit: int = 200) -> list[Order]:
    """Most urgent first, then who waits longest; what is done stands below.

    Patients and identifiers are at hand.
    """
    orders = _filtered(wanted).annotate(
        stage=_STAGE,
        rank=_RANK,
        waiting_since=Coalesce("scheduled_start", "requested_start", "created_at"),
    )
    return list(
        orders.select_related("patient", "visit")
        .prefetch_related("patient__identifiers")
        .order_by("stage", "rank", "waiting_since", "id")[:limit]
    )


def counts_by_state(wanted: BoardFilter | None = None) -> dict[ExamState, int]:
    """How many exams each state has under the filter, its states left aside."""
    wanted = wanted or BoardFilter()
    everything = BoardFilter(
        tuple(ExamState.values), wanted.modality, wanted.day, wanted.text
    )
    rows = _filtered(everything).order_by().values("status").annotate(n=Count("id"))
    found = {row["status"]: row["n"] for row in rows}
    return {state: found.get(state, 0) for state in ExamState}


def similar_names(orders: Sequence[Order]) -> set[int]:
    """Ids of orders whose patient is easily taken for another one of the same list.

    Alike are two people of one family name, or whose names differ by one letter.
    """
    people: dict[int, tuple[str, str]] = {}
    for order in orders:
        patient = order.patient
        people[patient.pk] = (fold(patient.family_name), fold(patient.given_name))
    alike = _alike(people)
    return {order.pk for order in orders if order.patient_id in alike}


def _alike(people: dict[int, tuple[str, str]]) -> set[int]:
    """Every name is filed under itself and itself with each letter left out."""
    files: dict[tuple[str, str], set[int]] = defaultdict(set)
    for person, (family, given) in people.items():
        if not family:
            continue
        files["", family].add(person)
        for key in _one_left_out(family):
            files[given, key].add(person)
    return {p for together in files.values() if len(together) > 1 for p in together}


def _one_left_out(name: str) -> set[str]:
    return {name, *(name[:i] + name[i + 1 :] for i in range(len(name)))}


def _filtered(wanted: BoardFilter) -> QuerySet[Order]:
    orders = Order.objects.all()
    if wanted.states:
        orders = orders.filter(status__in=wanted.states)
    else:
        orders = orders.exclude(status__in=TERMINAL_STATES)
    if wanted.modality:
        orders = orders.filter(modality=wanted.modality)
    if wanted.day:
        orders = orders.filter(_on_day(wanted.day))
    if wanted.text.strip():
        orders = orders.filter(_says(wanted.text.strip()))
    return orders


def _on_day(day: date) -> Q:
    window = day_range(day)
    timed = Q(scheduled_start__gte=window.lower, scheduled_start__lt=window.upper)
    return timed | Q(scheduled_start=None)


def _says(text: str) -> Q:
    family, _, given = text.replace(",", " ").partition(" ")
    name = Q(patient__family_name__istartswith=family)
    if given.strip():
        name &= Q(patient__given_name__istartswith=given.strip())
    numbers = Q(accession_number__iexact=text) | Q(placer_order_number__iexact=text)
    # A subquery, not a join: two identifiers must not show an order twice.
    known = Q(
        patient__in=PatientIdentifier.objects.filter(value__iexact=text).values(
            "patient"
        )
    )
    return name | numbers | known
