from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from orders.lifecycle import NOT_STARTED
from orders.models import HeldChange, Order, Visit
from orders.selectors import (
    mrn_of,
    orders_with_patients,
    provenance_of,
    related_to,
    timeline_of,
)
from orders.selectors.exam_facts import exam_facts
from orders.services.recording import RECORDABLE
from orders.services.safety import ANSWERABLE
from orders.undoing import ORDER
from orders.views import facts
from orders.views.acts import Act, acts_for
from orders.views.differences import Told, told
from orders.views.origins import lines
from orders.views.timeline import SHOWN, booking_of, entries, track, why_aside
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.desk.undo import way_back_of


@requires(Capability.VIEW_ORDERS)
def detail(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order: who, what, where it stands, and everything that happened to it."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    audit.record_view(
        request, "order_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    return render(request, "orders/detail.html", _context(request, order))


@requires(Capability.VIEW_ORDERS)
def timeline(request: HttpRequest, order_id: int) -> HttpResponse:
    """The live part of the page, fetched again when a hint says so."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    audit.record_view(
        request, "timeline_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    return render(request, "orders/_live.html", _context(request, order))


def _context(request: HttpRequest, order: Order) -> dict[str, Any]:
    events = timeline_of(order)
    show = request.GET.get("show", "")
    return {
        "order": order,
        "patient": order.patient,
        "mrn": mrn_of(order),
        "entries": entries(events, show),
        "entry_count": len(events),
        "show": show if show in SHOWN else "",
        "track": track(order, events),
        "why_aside": why_aside(order, events),
        "held": _held(order),
        "booking": booking_of(order, events),
        "related": related_to(order),
        "acts": _acts(request, order),
        "undo": way_back_of(
            current_user(request), about=ORDER, subject=order.pk, version=order.version
        ),
        **_exam(request, order),
        **_lines(order),
    }


def _exam(request: HttpRequest, order: Order) -> dict[str, Any]:
    """What people said of the exam, and what this one may add."""
    user = current_user(request)
    may_perform = user.may(Capability.PERFORM_EXAM)
    return {
        "exam": exam_facts(order),
        "may_perform": may_perform,
        "before_end": order.status in ANSWERABLE,
        "may_record": may_perform and order.status in RECORDABLE,
        "may_protocol": user.may(Capability.PROTOCOL_EXAM)
        and order.status in NOT_STARTED,
    }


def _acts(request: HttpRequest, order: Order) -> list[tuple[str, Act]]:
    may = current_user(request).may(Capability.SCHEDULE)
    return acts_for(order) if may else []


def _held(order: Order) -> list[Told]:
    waiting = order.held_changes.filter(state=HeldChange.State.OPEN)
    return told(waiting.select_related("inbound__peer").defer("inbound__raw"))


def _lines(order: Order) -> dict[str, Any]:
    """What the page says of order and person, each value with its source."""
    changes = provenance_of(order)
    of_order = lines(facts.OF_ORDER, order, changes)
    return {
        "order_lines": [
            line for line in of_order if line.text or line.fact.names[0] in facts.ALWAYS
        ],
        "person_lines": [
            *lines(facts.OF_PERSON, order.patient, changes),
            *lines(facts.OF_VISIT, order.visit or Visit(), changes),
        ],
    }
