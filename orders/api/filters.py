from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import F, Model, Q, QuerySet

from orders.models import (
    DuplicateCandidate,
    MergeJournal,
    Order,
    Patient,
    PatientIdentifier,
)


class OrderFilter(django_filters.FilterSet):
    """`patient_id` is an identifier's value (such as the MRN), not our row number.

    `site` is the code of the site whose room the exam is booked in.
    """

    patient_id = django_filters.CharFilter(method="by_patient")
    site = django_filters.CharFilter(method="by_site")

    class Meta:
        model = Order
        fields = ["accession_number", "placer_order_number", "status", "modality"]

    def by_patient(
        self, orders: QuerySet[Order], name: str, value: str
    ) -> QuerySet[Order]:
        held = PatientIdentifier.objects.filter(value=value)
        return orders.filter(patient__in=held.values("patient"))

    def by_site(
        self, orders: QuerySet[Order], name: str, value: str
    ) -> QuerySet[Order]:
        booked = Q(
            steps__station__room__site__code=value,
            steps__station__room__name=F("room_name"),
        )
        return orders.filter(booked).distinct()


class PatientFilter(django_filters.FilterSet):
    """`identifier` is a number of the person, also a retired one."""

    identifier = django_filters.CharFilter(method="by_identifier", required=True)
    assigning_authority = django_filters.CharFilter(method="by_authority")

    class Meta:
        model = Patient
        fields: list[str] = []

    def by_identifier(
        self, patients: QuerySet[Patient], name: str, value: str
    ) -> QuerySet[Patient]:
        authority = self.data.get("assigning_authority", "")
        held = PatientIdentifier.objects.filter(value=value)
        if authority:
            held = held.filter(assigning_authority=authority)
        return patients.filter(pk__in=held.values("patient"))

    def by_authority(
        self, patients: QuerySet[Patient], name: str, value: str
    ) -> QuerySet[Patient]:
        """Belongs to `identifier`: both must hold for one number."""
        return patients


class _OfPatient(django_filters.FilterSet):
    """`patient` is our row number, on either side."""

    patient = django_filters.NumberFilter(method="by_patient")
    sides: tuple[str, str]

    def by_patient(self, rows: QuerySet[Model], name: str, value: int) -> Any:
        one, other = self.sides
        return rows.filter(Q(**{one: value}) | Q(**{other: value}))


class MergeFilter(_OfPatient):
    sides = ("survivor", "retired")
    undone = django_filters.BooleanFilter("undone_at", "isnull", exclude=True)

    class Meta:
        model = MergeJournal
        fields = ["kind", "event"]


class DuplicateFilter(_OfPatient):
    sides = ("first", "second")

    class Meta:
        model = DuplicateCandidate
        fields = ["state"]
