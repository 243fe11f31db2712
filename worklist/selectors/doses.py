"""Dose that fits no exam: a person must look."""

from __future__ import annotations

from django.db.models import QuerySet

from worklist.models import DoseRecord


def strange_doses() -> QuerySet[DoseRecord]:
    """Reports without exam, the oldest first."""
    found = DoseRecord.objects.filter(source=DoseRecord.Source.REPORT, orders=None)
    return found.defer("report").order_by("id")
