from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from orders.models import Order, OrderEvent, Patient, PatientIdentifier

CLOCK_DOUBT = timedelta(minutes=2)
_BYTES = ("inbound__raw", "inbound__ack_raw", "outbound__raw", "outbound__ack_raw")


def orders_with_patients() -> QuerySet[Order]:
    """Newest first, with patient and identifiers at hand."""
    orders = Order.objects.select_related("patient", "visit", "peer")
    return orders.prefetch_related("patient__identifiers").order_by("-id")


def timeline_of(order: Order) -> list[OrderEvent]:
    """Oldest first, with the people and messages the entries link to.

    Scanners tell whole seconds and their clocks drift: what they report of the last
    two minutes, and what follows from it, is placed where it was recorded. Messages
    and people are timed by our own clock: a receipt stands before what it caused.
    """
    events = OrderEvent.objects.filter(order=order)
    events = events.select_related("user", "inbound__peer", "outbound__peer")
    events = events.defer(*_BYTES)
    return sorted(events, key=lambda event: (_place(event), event.pk))


def _place(event: OrderEvent) -> datetime:
    is_ours = bool(event.inbound_id or event.user_id)
    is_fresh = abs(event.recorded_at - event.at) < CLOCK_DOUBT
    return event.recorded_at if is_fresh and not is_ours else event.at


def last_change_of(order: Order) -> tuple[str, datetime | None]:
    """Who changed it last and when, by its timeline; empty where a rule did."""
    last = order.events.select_related("user").order_by("-id").first()
    if last is None:
        return "", None
    by = last.user.display_name if last.user else last.actor
    return by, last.recorded_at


def with_mrn(orders: QuerySet[Order]) -> QuerySet[Order]:
    """What `mrn_of` needs, for lists: one more column, not all identifiers."""
    known = PatientIdentifier.objects.filter(patient=OuterRef("patient"))
    first = known.order_by(F("retired_at").asc(nulls_first=True), "-preferred", "id")
    return orders.annotate(mrn=Coalesce(Subquery(first.values("value")[:1]), Value("")))


def mrn_of(order: Order) -> str:
    """The preferred identifier's value, as `with_mrn` and others read it before."""
    found: str | None = order.__dict__.get("mrn")
    return mrn_of_patient(order.patient) if found is None else found


def mrn_of_patient(patient: Patient) -> str:
    """Preferred first, retired last; reads `identifiers` as fetched before."""
    ranked = sorted(
        patient.identifiers.all(),
        key=lambda each: (each.retired_at is not None, not each.preferred, each.pk),
    )
    return ranked[0].value if ranked else ""
