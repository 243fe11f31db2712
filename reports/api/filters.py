from __future__ import annotations

import django_filters

from reports.models import CriticalCase, Report


class ReportFilter(django_filters.FilterSet):
    order = django_filters.NumberFilter(field_name="order_id")
    accession_number = django_filters.CharFilter(field_name="order__accession_number")

    class Meta:
        model = Report
        fields = ["status"]


class CaseFilter(django_filters.FilterSet):
    order = django_filters.NumberFilter(field_name="order_id")
    accession_number = django_filters.CharFilter(field_name="order__accession_number")

    class Meta:
        model = CriticalCase
        fields = ["state", "category", "number"]
