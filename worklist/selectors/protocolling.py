"""Exams that wait for a radiologist to say how they are done, the most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Case, F, IntegerField, QuerySet, Value, When

from orders.models import Order, Priority
from orders.selectors import with_mrn
from orders.selectors.protocols import may_want_protocol, without_protocol
from radflow.sites.models import Site
from worklist.models import Room
from worklist.selectors.schedule import day_range

MOST = 300
_URGENCY = Case(
    When(priority=Priority.STAT, then=Value(0)),
    When(priority=Priority.ASAP, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


@dataclass(frozen=True)
class ProtocolFilter:
    """`site` leaves out exams in a room of another one; `day` those of other days."""

    modality: str = ""
    site: Site | None = None
    day: date | None = None


@dataclass(frozen=True)
class Waiting:
    """`more`: there are more than are shown."""

    orders: list[Order]
    more: bool


def waiting_for_protocol(wanted: ProtocolFilter) -> Waiting:
    orders = _narrowed(wanted)
    orders = with_mrn(orders.select_related("patient", "visit"))
    found = list(
        orders.order_by(
            _URGENCY, F("scheduled_start").asc(nulls_last=True), "requested_start", "id"
        )[: MOST + 1]
    )
    lacking = without_protocol(found)
    return Waiting(
        [order for order in found[:MOST] if order.pk in lacking], len(found) > MOST
    )


def _narrowed(wanted: ProtocolFilter) -> QuerySet[Order]:
    orders = may_want_protocol()
    if wanted.modality:
        orders = orders.filter(modality=wanted.modality)
    if wanted.site:
        elsewhere = Room.objects.exclude(site=wanted.site).order_by()
        orders = orders.exclude(room_name__in=elsewhere.values("name"))
    if wanted.day:
        window = day_range(wanted.day)
        orders = orders.filter(
            scheduled_start__gte=window.lower, scheduled_start__lt=window.upper
        )
    return orders


def modalities_waiting() -> list[str]:
    kinds = may_want_protocol().order_by("modality").values_list("modality", flat=True)
    return list(kinds.distinct())
