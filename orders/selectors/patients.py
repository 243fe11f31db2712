from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Prefetch, Q, QuerySet

from orders.models import (
    DuplicateCandidate,
    MergeJournal,
    Order,
    OrderEvent,
    Patient,
    PatientIdentifier,
    PatientLink,
    Visit,
)
from radflow.messaging.models import InboundMessage, InboundState

MOST_FOUND = 50
MOST_HELD = 500


@dataclass(frozen=True)
class PatientSearch:
    """An identifier, or a name with a birth date: one alone names too many people."""

    identifier: str = ""
    family_name: str = ""
    given_name: str = ""
    birth_date: date | None = None


def patients_with_identifiers() -> QuerySet[Patient]:
    """With every identifier at hand: preferred first, retired last."""
    ranked = PatientIdentifier.objects.order_by(
        F("retired_at").asc(nulls_first=True), "-preferred", "id"
    )
    return Patient.objects.prefetch_related(Prefetch("identifiers", ranked))


def find_patients(wanted: PatientSearch) -> list[Patient]:
    """At most `MOST_FOUND` and one more, so that a reader can be told of the rest.

    Retired identifiers lead to who has them now; merged records are not listed.
    """
    if wanted.identifier:
        found = Patient.objects.filter(pk__in=_holders(wanted.identifier))
    elif wanted.family_name and wanted.birth_date:
        found = Patient.objects.filter(
            family_name__istartswith=wanted.family_name,
            given_name__istartswith=wanted.given_name,
            birth_date=wanted.birth_date,
        )
    else:
        return []
    ids = found.filter(merged_into=None).values("pk")
    ordered = patients_with_identifiers().filter(pk__in=ids)
    return list(ordered.order_by("family_name", "given_name", "id")[: MOST_FOUND + 1])


def _holders(number: str) -> set[int]:
    """Whose identifier or visit number it is: wristbands carry either.

    Asked of each table alone: one joined question would read every patient.
    """
    named = PatientIdentifier.objects.filter(value=number)
    visiting = Visit.objects.filter(number=number)
    return {
        *named.values_list("patient_id", flat=True)[:MOST_HELD],
        *visiting.values_list("patient_id", flat=True)[:MOST_HELD],
    }


def survivor_of(patient: Patient) -> Patient:
    """Who holds this person's record now, over every merge."""
    seen = {patient.pk}
    while patient.merged_into is not None and patient.merged_into_id not in seen:
        patient = patient.merged_into
        seen.add(patient.pk)
    return patient


def orders_of(patient: Patient) -> QuerySet[Order]:
    """Newest first."""
    return Order.objects.filter(patient=patient).select_related("visit")


def merges_of(patient: Patient) -> list[MergeJournal]:
    """Newest first, won and lost."""
    found = MergeJournal.objects.filter(Q(survivor=patient) | Q(retired=patient))
    found = found.select_related(
        "survivor", "retired", "inbound__peer", "user", "undone_by"
    )
    return list(found.defer("inbound__raw", "inbound__ack_raw"))


def all_merges() -> QuerySet[MergeJournal]:
    """The whole journal, newest first, with both people and their identifiers."""
    found = MergeJournal.objects.select_related(
        "survivor", "retired", "inbound__peer", "user", "undone_by"
    ).prefetch_related("survivor__identifiers", "retired__identifiers")
    return found.defer("inbound__raw", "inbound__ack_raw").order_by("-id")


def doubtful_merges_of(patient: Patient) -> list[InboundMessage]:
    """Parked merges that name a number of this person, the oldest first.

    The number may be another authority's: who compares sees both.
    """
    numbers = [f"P:{one.value}" for one in patient.identifiers.all()]
    found = InboundMessage.objects.filter(
        state=InboundState.PARKED,
        error_code="MERGE_DOUBTFUL",
        keys__overlap=numbers,
    )
    return list(found.defer("raw", "ack_raw").order_by("id")[:MOST_FOUND])


def links_of(patient: Patient) -> list[PatientLink]:
    """Records said to be of the same person (A24), as long as they are."""
    found = PatientLink.objects.filter(Q(first=patient) | Q(second=patient))
    return list(found.filter(unlinked_at=None).select_related("first", "second"))


def open_candidates(patient: Patient | None = None) -> QuerySet[DuplicateCandidate]:
    """Pairs to look at, the likeliest first; of one patient, or of all."""
    found = DuplicateCandidate.objects.filter(
        state=DuplicateCandidate.State.OPEN,
        first__merged_into=None,
        second__merged_into=None,
    )
    if patient is not None:
        found = found.filter(Q(first=patient) | Q(second=patient))
    return found.select_related("first", "second").prefetch_related(
        "first__identifiers", "second__identifiers"
    )


def since(orders: Iterable[int], moment: datetime) -> list[OrderEvent]:
    """What was recorded of these orders after `moment`, newest first."""
    found = OrderEvent.objects.filter(order_id__in=orders, recorded_at__gt=moment)
    return list(found.select_related("order", "user").order_by("-recorded_at")[:100])
