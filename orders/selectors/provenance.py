"""Where each value came from, value by value; each a single query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from orders.models import Order, Patient, Provenance


@dataclass(frozen=True)
class Change:
    """One value: what it was, what it became, and the row that says by whom.

    `of` is order, patient or visit; `place` the message's field, empty where a rule
    or a person gave the value.
    """

    of: str
    subject_id: int
    field: str
    was: Any
    now: Any
    place: str
    row: Provenance


def provenance_of(order: Order) -> list[Change]:
    """Of the order, its patient and its visit; oldest first."""
    subjects = Q(order=order) | Q(patient=order.patient_id)
    if order.visit_id:
        subjects |= Q(visit=order.visit_id)
    return _changes(_rows().filter(subjects))


def provenance_of_patient(patient: Patient) -> list[Change]:
    """Oldest first."""
    return _changes(_rows().filter(patient=patient))


def _rows() -> QuerySet[Provenance]:
    found = Provenance.objects.select_related("user", "inbound__peer")
    return found.defer("inbound__raw", "inbound__ack_raw").order_by("id")


def _changes(rows: Iterable[Provenance]) -> list[Change]:
    return [
        Change(of, pk, field, said["was"], said["now"], said["from"], row)
        for row in rows
        for of, pk in [_subject(row)]
        for field, said in row.changes.items()
    ]


def _subject(row: Provenance) -> tuple[str, int]:
    if row.order_id:
        return "order", row.order_id
    if row.patient_id:
        return "patient", row.patient_id
    return "visit", row.visit_id or 0
