from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from orders.lifecycle import ExamState
from orders.models import Order, OrderEvent
from orders.selectors import mrn_of, orders_with_patients, timeline_of
from radflow.accounts.access import requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit

Kind = OrderEvent.Kind
_ICONS = {
    Kind.MESSAGE: "inbox",
    Kind.STATE: "circle",
    Kind.WORKLIST: "database",
    Kind.CHECK: "badge-check",
    Kind.STOP: "hand",
    Kind.REPORT: "file-text",
    Kind.CRITICAL: "siren",
    Kind.NOTE: "message-square",
}
_STATE_ICONS = {
    ExamState.SCHEDULED: "calendar",
    ExamState.ARRIVED: "user-check",
    ExamState.IN_PROGRESS: "play",
    ExamState.PERFORMED: "scan",
    ExamState.ON_HOLD: "pause",
    ExamState.CANCELLED: "ban",
    ExamState.DISCONTINUED: "ban",
}
_TRACK = (
    ExamState.ORDERED,
    ExamState.SCHEDULED,
    ExamState.ARRIVED,
    ExamState.IN_PROGRESS,
    ExamState.PERFORMED,
)


@dataclass(frozen=True)
class Milestone:
    """A point of the progress line: reached with a time, current, or still to come."""

    label: str
    at: datetime | None
    current: bool


@dataclass(frozen=True)
class Entry:
    event: OrderEvent
    icon: str
    tone: str


@requires(Capability.VIEW_ORDERS)
def detail(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order: who, what, where it stands, and everything that happened to it."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    audit.record_view(
        request, "order_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    return render(request, "orders/detail.html", _context(order))


@requires(Capability.VIEW_ORDERS)
def timeline(request: HttpRequest, order_id: int) -> HttpResponse:
    """The live part of the page, fetched again when a hint says so."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    audit.record_view(
        request, "timeline_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    return render(request, "orders/_live.html", _context(order))


def _context(order: Order) -> dict[str, object]:
    events = list(timeline_of(order))
    return {
        "order": order,
        "patient": order.patient,
        "mrn": mrn_of(order),
        "entries": [_entry(event) for event in events],
        "track": _track(order, events),
    }


def _entry(event: OrderEvent) -> Entry:
    kind = Kind(event.kind)
    icon = _ICONS[kind]
    if kind is Kind.STATE and event.to_status:
        icon = _STATE_ICONS.get(ExamState(event.to_status), icon)
    if event.outbound_id:
        icon = "send"
    tones = {Kind.MESSAGE: "msg", Kind.WORKLIST: "msg", Kind.STOP: "warn"}
    return Entry(event, icon, tones.get(kind, "state"))


def _track(order: Order, events: list[OrderEvent]) -> list[Milestone]:
    reached = {event.to_status: event.at for event in events if event.to_status}
    line = [
        Milestone(state.label, reached.get(state), order.status == state)
        for state in _TRACK
    ]
    if order.status not in _TRACK:
        status = ExamState(order.status)
        return [*line, Milestone(status.label, order.status_since, True)]
    final = [e.at for e in events if e.kind == Kind.REPORT and "inal" in e.title]
    report = Milestone("Final", final[-1] if final else None, bool(final))
    return [*line, report]
