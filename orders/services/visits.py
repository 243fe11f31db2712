"""Visits: opened, moved, closed, cancelled by ADT; named by orders (section 3.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.exceptions import PatientMismatch
from orders.hl7 import outbound
from orders.lifecycle import NOT_STARTED
from orders.models import Order, OrderEvent, Patient, Visit
from orders.requests import VisitRequest
from orders.services.attention import put_reason
from orders.services.events import note_on, save
from orders.services.provenance import keep_source
from radflow import unit
from radflow.audit import services as audit

_NOT_STORED = frozenset({"cleared", "event_time", "sources"})


@dataclass(frozen=True)
class VisitChange:
    """`late` where the news was older than what is known, so nothing was applied."""

    visit: Visit | None
    late: bool = False
    flagged: tuple[int, ...] = ()


def keep_visit(
    patient: Patient, request: VisitRequest | None, cause: Cause
) -> Visit | None:
    """The visit an order names: made when unknown, else only empty values filled.

    Without a number it is the open visit of the account, else the only open one, else
    none: nothing is guessed. Raises PatientMismatch for somebody else's visit.
    """
    if request is None:
        return _only_open(patient)
    if not request.number:
        return _of_account(patient, request) or _only_open(patient)
    visit = _find(request)
    if visit is None:
        return _open(patient, request, cause)
    _require_owner(visit, patient)
    _fill_empty(visit, request, cause)
    return visit


@unit.atomic
def change_visit(
    *, patient: Patient, request: VisitRequest, event: str, cause: Cause
) -> VisitChange:
    """What ADT says of a visit: `event` is A01 to A13 or A38."""
    if not request.number:
        return VisitChange(None)
    visit = _find(request)
    if visit is None:
        visit = _open(patient, request, cause)
    else:
        _require_owner(visit, patient)
        if _is_late(visit, request):
            return VisitChange(visit, late=True)
    _apply(visit, request, event, cause)
    outbound.send_visit(visit, event, cause)
    return VisitChange(visit, flagged=_flag_orders(visit, event, cause))


def _only_open(patient: Patient) -> Visit | None:
    if patient.pk is None:
        return None
    found = list(Visit.objects.filter(patient=patient, open=True, cancelled=False)[:2])
    return found[0] if len(found) == 1 else None


def _of_account(patient: Patient, request: VisitRequest) -> Visit | None:
    if not request.account_number:
        return None
    found = Visit.objects.filter(
        account_number=request.account_number,
        account_authority=request.account_authority,
    )
    return found.filter(patient=patient, open=True).first()


def _find(request: VisitRequest) -> Visit | None:
    return (
        Visit.objects.select_for_update(no_key=True)
        .filter(number=request.number, assigning_authority=request.assigning_authority)
        .first()
    )


def _require_owner(visit: Visit, patient: Patient) -> None:
    if visit.patient_id != patient.pk:
        raise PatientMismatch(
            gettext_noop(
                "The visit number belongs to another patient. Correct the sender, or "
                "move the visit, then apply the message again."
            )
        )


def _told(request: VisitRequest) -> dict[str, Any]:
    return {
        field.name: value
        for field in fields(request)
        if field.name not in _NOT_STORED and (value := getattr(request, field.name))
    }


def _open(patient: Patient, request: VisitRequest, cause: Cause) -> Visit:
    told = _told(request)
    visit = Visit.objects.create(
        patient=patient,
        opened_at=request.event_time or cause.at,
        event_time=request.event_time,
        **told,
    )
    keep_source(visit, was={}, now=told, sources=request.sources, cause=cause)
    return visit


def _fill_empty(visit: Visit, request: VisitRequest, cause: Cause) -> None:
    fresh = {n: v for n, v in _told(request).items() if not getattr(visit, n)}
    if visit.account_number not in ("", request.account_number):
        # Of another account: it does not say whose number the one on file is.
        fresh.pop("account_authority", None)
    if fresh:
        _set(visit, fresh, request, cause)


def _set(
    visit: Visit, values: dict[str, Any], request: VisitRequest, cause: Cause
) -> None:
    was = {name: getattr(visit, name) for name in values}
    for name, value in values.items():
        setattr(visit, name, value)
    visit.save()
    keep_source(visit, was=was, now=values, sources=request.sources, cause=cause)


def _is_late(visit: Visit, request: VisitRequest) -> bool:
    at, known = request.event_time, visit.event_time
    return bool(at and known and at < known)


def _apply(visit: Visit, request: VisitRequest, event: str, cause: Cause) -> None:
    told = _told(request) | dict.fromkeys(request.cleared, "")
    values = {n: value for n, value in told.items() if value != getattr(visit, n)}
    moved = values.get("location") and visit.location
    if event == "A02" and moved and "prior_location" not in values:
        values["prior_location"] = visit.location
    if event == "A12":
        values["location"] = request.location or visit.prior_location
        values["prior_location"] = ""
    if effect := _EFFECTS.get(event):
        values |= effect(visit, request, cause)
    visit.event_time = request.event_time or visit.event_time
    _set(visit, values, request, cause)


Effect = Callable[[Visit, VisitRequest, Cause], dict[str, Any]]


def _opened(visit: Visit, request: VisitRequest, cause: Cause) -> dict[str, Any]:
    begun = visit.opened_at or request.event_time or cause.at
    return {"open": True, "cancelled": False, "opened_at": begun, "closed_at": None}


def _closed(visit: Visit, request: VisitRequest, cause: Cause) -> dict[str, Any]:
    return {"open": False, "closed_at": request.event_time or cause.at}


def _cancelled(visit: Visit, request: VisitRequest, cause: Cause) -> dict[str, Any]:
    return {"open": False, "cancelled": True}


_EFFECTS: dict[str, Effect] = {
    "A01": _opened,
    "A04": _opened,
    "A05": _opened,
    "A13": _opened,
    "A03": _closed,
    "A11": _cancelled,
    "A38": _cancelled,
}
_FLAGS = {
    "A03": gettext_noop(
        "The patient was discharged before the exam. Keep, move or cancel it."
    ),
    "A11": gettext_noop("The admission was cancelled. Keep, move or cancel the exam."),
    "A38": gettext_noop(
        "The planned admission was cancelled. Keep, move or cancel the exam."
    ),
}


def _flag_orders(visit: Visit, event: str, cause: Cause) -> tuple[int, ...]:
    """Open exams stay: whether they are still wanted is not ours to guess."""
    if event not in _FLAGS:
        return ()
    orders = Order.objects.select_for_update().filter(
        visit=visit, status__in=NOT_STARTED
    )
    flagged = list(orders.order_by("pk"))
    for order in flagged:
        put_reason(order, _FLAGS[event])
        save(order)
        note_on(
            order,
            kind=OrderEvent.Kind.STOP,
            title=gettext_noop("Needs attention"),
            detail=_FLAGS[event],
            cause=cause,
        )
    audit.record(
        "visit_ended",
        actor_text=cause.name,
        patient_id=visit.patient_id,
        message_id=cause.inbound_id,
        detail={"event": event, "orders": [order.pk for order in flagged]},
    )
    return tuple(order.pk for order in flagged)
