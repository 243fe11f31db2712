"""What the messages about an appointment said, kept on its row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orders.models import Order, Patient
from orders.requests import PatientRequest
from worklist.models import ExternalAppointment
from worklist.requests import AppointmentRequest, Resource, Scope, Service
from worklist.selectors.external import key_of_person
from worklist.selectors.places import place_of
from worklist.selectors.schedule import planned_minutes


def fill(
    row: ExternalAppointment, request: AppointmentRequest, person: Patient | None
) -> None:
    """Put it on the row, which the caller saves; what is not said stays."""
    said = dict(row.said)
    for name in ("placer_orders", "filler_orders"):
        if told := getattr(request, name):
            said[name] = [list(one) for one in told]
    if request.reason:
        said["reason"] = request.reason[:300]
    if request.patient:
        said["person"] = _person(request.patient)
        row.patient_keys = [key_of_person(one) for one in request.patient.identifiers]
    row.patient = person or row.patient
    said["services"] = _services(said.get("services", []), request)
    said["resources"] = _resources(said.get("resources", []), request)
    row.said = said
    if request.start:
        row.start, row.minutes = request.start, request.minutes
    place = place_of(resources_of(row))
    row.room, row.station = place.room, place.station
    said["unknown_place"] = place.told
    _name_orders(row, request)


def _name_orders(row: ExternalAppointment, request: AppointmentRequest) -> None:
    row.placer_id, row.placer_namespace = (
        request.placer if request.placer[0] else (row.placer_id, row.placer_namespace)
    )
    if not row.filler_id:
        row.filler_id, row.filler_namespace = request.filler
    told = (*row.said.get("placer_orders", []), *row.said.get("filler_orders", []))
    numbers = [row.placer_id, *(number for number, _ in told)]
    row.order_numbers = list(dict.fromkeys(number for number in numbers if number))


def _person(told: PatientRequest) -> dict[str, str]:
    return {
        "family_name": told.family_name,
        "given_name": told.given_name,
        "name_ideographic": told.name_ideographic,
        "name_phonetic": told.name_phonetic,
        "birth_date_text": told.birth_date_text,
        "sex": told.sex,
    }


def person_of(row: ExternalAppointment) -> PatientRequest:
    """As far as it tells the person apart from others."""
    return PatientRequest(identifiers=(), **row.said.get("person", {}))


def _services(known: list[Any], request: AppointmentRequest) -> list[Any]:
    told = [_as_json(one) for one in request.services]
    codes = {one[0] for one in told}
    if request.scope is Scope.ALL:
        return told or known
    kept = [one for one in known if one[0] not in codes]
    return [*kept, *told] if request.scope is Scope.ADDED else kept


def _as_json(service: Service) -> list[Any]:
    start = service.start.isoformat() if service.start else ""
    return [service.code, service.text, start, service.minutes]


def _resources(known: list[Any], request: AppointmentRequest) -> list[Any]:
    """One that is added takes the place of those of its kind."""
    told = [[one.kind, list(one.names)] for one in request.resources]
    if request.scope is Scope.ALL:
        return told or known
    if request.scope is Scope.REMOVED:
        return [one for one in known if one not in told]
    kinds = {kind for kind, _ in told}
    return [*(one for one in known if one[0] not in kinds), *told]


def resources_of(row: ExternalAppointment) -> list[Resource]:
    told = row.said.get("resources", [])
    return [Resource(kind, tuple(names)) for kind, names in told]


def slot_for(row: ExternalAppointment, order: Order) -> tuple[datetime | None, int]:
    """Start and minutes: the service that is this exam may have times of its own."""
    start, minutes = row.start, row.minutes
    for code, _, own, lasts in row.said.get("services", []):
        if code == order.procedure_code and own:
            start, minutes = datetime.fromisoformat(own), lasts or minutes
            break
    return start, minutes or planned_minutes(order)
