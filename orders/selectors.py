"""Reads of orders; each a constant number of queries."""

from __future__ import annotations

from django.db.models import QuerySet

from orders.models import Order, OrderEvent


def orders_with_patients() -> QuerySet[Order]:
    """Newest first, with patient and identifiers at hand."""
    orders = Order.objects.select_related("patient", "visit", "peer")
    return orders.prefetch_related("patient__identifiers").order_by("-id")


def timeline_of(order: Order) -> QuerySet[OrderEvent]:
    """Oldest first, with the people and messages the entries link to."""
    events = OrderEvent.objects.filter(order=order)
    return events.select_related("user", "inbound", "outbound").order_by("at", "id")


def mrn_of(order: Order) -> str:
    """The preferred identifier's value; reads what `orders_with_patients` fetched."""
    identifiers = list(order.patient.identifiers.all())
    preferred = [i for i in identifiers if i.preferred] or identifiers
    return preferred[0].value if preferred else ""
