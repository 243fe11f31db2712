"""Why an exam is on a worklist or not; what a station sees now and has asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from orders.selectors import mrn_of, orders_with_patients
from radflow.accounts.access import current_user, requires
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.explain import Reason, Verdict, explain_everywhere
from worklist.models import DicomExchange, Station
from worklist.selectors.callers import asked_since
from worklist.selectors.worklist import everything_for
from worklist.views.exchange import elements_of

MOST = 200
_QUERIES = 100


@dataclass(frozen=True)
class Told:
    """A reason as one person may follow it."""

    reason: Reason
    url: str


@dataclass(frozen=True)
class Query:
    """A query, its keys with values in words."""

    exchange: DicomExchange
    keys: Sequence[tuple[str, str]]

    @property
    def status(self) -> str:
        return f"0x{self.exchange.status:04X}"


@requires(Capability.VIEW_ORDERS)
def why(request: HttpRequest, order_id: int) -> HttpResponse:
    """For every station whether the exam is on its worklist, and why not."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    audit.record_view(
        request, "worklist_explained", order_id=order.pk, patient_id=order.patient_id
    )
    user = current_user(request)
    context = {
        "order": order,
        "mrn": mrn_of(order),
        "verdicts": [(one, _told(one, user)) for one in explain_everywhere(order)],
    }
    return render(request, "worklist/why.html", context)


def _told(verdict: Verdict, user: User) -> list[Told]:
    return [Told(one, _url(one, user)) for one in verdict.reasons]


def _url(reason: Reason, user: User) -> str:
    page = reason.page
    return page.url if page and user.may(page.need) else ""


@requires(Capability.VIEW_ORDERS)
def seen(request: HttpRequest, station_id: int) -> HttpResponse:
    """What the station would be answered now, and what it asked in the last day."""
    found = Station.objects.select_related("room__site")
    station = get_object_or_404(found, pk=station_id)
    offers = everything_for(station, MOST + 1)
    told = {"station": station.pk, "orders": [one.order_id for one in offers[:MOST]]}
    audit.record_view(request, "worklist_previewed", detail=told)
    asked = asked_since(station, timezone.now())
    user = current_user(request)
    context = {
        "station": station,
        "offers": offers[:MOST],
        "most": MOST if len(offers) > MOST else None,
        "queries": [Query(one, _keys(one)) for one in asked[:_QUERIES]],
        "asked": asked.count(),
        "may_change": user.may(Capability.MANAGE_INTERFACES),
        "may_list": user.may(Capability.VIEW_MESSAGES),
    }
    return render(request, "worklist/seen.html", context)


def _keys(exchange: DicomExchange) -> list[tuple[str, str]]:
    """Those with a value: they select."""
    elements = elements_of(exchange.request)
    return [(each.name, each.value) for each in elements if each.value]
