"""Merges of a person, and what has happened since one."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from orders.models import MergeJournal, Order, OrderEvent, Patient


def merges_of(patient: Patient) -> QuerySet[MergeJournal]:
    """Newest first, with the people and causes at hand."""
    found = MergeJournal.objects.filter(Q(survivor=patient) | Q(retired=patient))
    return found.select_related("survivor", "retired", "user", "inbound", "undone_by")


def since_merge(journal: MergeJournal) -> QuerySet[OrderEvent]:
    """What happened to the moved orders after it, oldest first."""
    found = OrderEvent.objects.filter(
        order_id__in=journal.moved.get("orders", []),
        recorded_at__gt=journal.recorded_at,
    ).exclude(inbound_id=journal.inbound_id, inbound__isnull=False)
    return found.select_related("order", "user").order_by("recorded_at", "id")


def new_since_merge(journal: MergeJournal) -> QuerySet[Order]:
    """Orders that came for the survivor since: they stay, whoever they are for."""
    return Order.objects.filter(
        patient_id=journal.survivor_id, created_at__gt=journal.recorded_at
    ).order_by("id")
