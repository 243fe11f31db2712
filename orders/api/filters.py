from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from orders.models import Order


class OrderFilter(django_filters.FilterSet):
    """`patient_id` is an identifier's value (such as the MRN), not our row number."""

    patient_id = django_filters.CharFilter(method="by_patient")

    class Meta:
        model = Order
        fields = ["accession_number", "placer_order_number", "status", "modality"]

    def by_patient(
        self, orders: QuerySet[Order], name: str, value: str
    ) -> QuerySet[Order]:
        return orders.filter(patient__identifiers__value=value).distinct()
