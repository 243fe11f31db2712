from __future__ import annotations

import django_filters


class StudyFilter(django_filters.FilterSet):
    accession_number = django_filters.CharFilter(field_name="order__accession_number")
    study_instance_uid = django_filters.CharFilter()
    unlinked = django_filters.BooleanFilter(field_name="order", lookup_expr="isnull")
