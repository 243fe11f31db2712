"""Finding and keeping people: by identifier and authority, never by name."""

from __future__ import annotations

from dataclasses import fields

from orders.cause import Cause
from orders.exceptions import PatientMismatch
from orders.identity import Comparison, compare
from orders.lifecycle import OPEN_STATES
from orders.models import Order, Patient, PatientIdentifier, Visit
from orders.requests import Identifier, PatientRequest, VisitRequest
from radflow import unit
from radflow.audit import services as audit
from radflow.live import services as live

_DEMOGRAPHICS = (
    "family_name",
    "given_name",
    "middle_name",
    "prefix",
    "suffix",
    "name_ideographic",
    "name_phonetic",
    "birth_date",
    "birth_date_text",
    "sex",
    "deceased",
    "allergies",
)
_BLANK = Patient()


@unit.atomic
def register_patient(*, request: PatientRequest, cause: Cause) -> Patient:
    """The person these identifiers name, made when unknown; locked until commit.

    Known people are never overwritten here, only empty values filled (D11).
    Raises PatientMismatch where identifiers and demographics disagree (section 10).
    """
    patient = _find_locked(request.identifiers)
    if patient is None:
        return _create(request, cause)
    if compare(patient, request) is Comparison.CONFLICT:
        raise PatientMismatch(
            "The identifier belongs to a person with another name, birth date or "
            "sex. Compare both and resolve, then apply the message again."
        )
    _add_identifiers(patient, request.identifiers)
    _fill_empty(patient, request)
    return patient


@unit.atomic
def update_patient(*, request: PatientRequest, cause: Cause) -> Patient:
    """What ADT says of a person replaces what we have, field by field.

    Empty fields leave, fields in `request.cleared` delete (standards.md 3.1).
    """
    patient = _find_locked(request.identifiers)
    if patient is None:
        return _create(request, cause)
    before = {name: getattr(patient, name) for name in _DEMOGRAPHICS}
    for name in _DEMOGRAPHICS:
        if name in request.cleared:
            setattr(patient, name, getattr(_BLANK, name))
        elif value := getattr(request, name):
            setattr(patient, name, list(value) if name == "allergies" else value)
    _add_identifiers(patient, request.identifiers)
    changed = [name for name in _DEMOGRAPHICS if getattr(patient, name) != before[name]]
    if changed:
        _save_changed(patient, changed, cause)
    return patient


def _save_changed(patient: Patient, changed: list[str], cause: Cause) -> None:
    patient.version += 1
    patient.save()
    _audit("patient_updated", patient, cause, changed=changed)
    for order in Order.objects.filter(patient=patient, status__in=OPEN_STATES):
        live.publish("order", order.pk, order.version)


def _find_locked(identifiers: tuple[Identifier, ...]) -> Patient | None:
    if not identifiers:
        return None
    keys = {(i.value, i.assigning_authority, i.type) for i in identifiers}
    found = PatientIdentifier.objects.filter(value__in={key[0] for key in keys})
    ids = {
        row.patient_id
        for row in found
        if (row.value, row.assigning_authority, row.type) in keys
    }
    if len(ids) > 1:
        raise PatientMismatch(
            "The identifiers of this message belong to two different people. "
            "Merge them or correct the sender, then apply the message again."
        )
    if not ids:
        return None
    return Patient.objects.select_for_update().get(pk=ids.pop())


def _create(request: PatientRequest, cause: Cause) -> Patient:
    values = {name: getattr(request, name) for name in _DEMOGRAPHICS}
    patient = Patient.objects.create(**{**values, "allergies": list(request.allergies)})
    _insert_identifiers(patient, request.identifiers, known=[])
    _audit("patient_created", patient, cause)
    return patient


def _add_identifiers(patient: Patient, identifiers: tuple[Identifier, ...]) -> None:
    _insert_identifiers(patient, identifiers, known=list(patient.identifiers.all()))


def _insert_identifiers(
    patient: Patient,
    identifiers: tuple[Identifier, ...],
    known: list[PatientIdentifier],
) -> None:
    held = {(row.value, row.assigning_authority, row.type) for row in known}
    has_preferred = any(row.preferred for row in known)
    fresh = []
    for index, one in enumerate(_preferred_first(identifiers)):
        if (one.value, one.assigning_authority, one.type) in held:
            continue
        row = PatientIdentifier(patient=patient, **vars(one))
        row.preferred = index == 0 and not has_preferred
        fresh.append(row)
    if fresh:
        PatientIdentifier.objects.bulk_create(fresh)


def _preferred_first(identifiers: tuple[Identifier, ...]) -> list[Identifier]:
    unique = list(dict.fromkeys(identifiers))
    return sorted(unique, key=lambda identifier: identifier.type != "MR")


def _fill_empty(patient: Patient, request: PatientRequest) -> None:
    filled = [
        name
        for name in _DEMOGRAPHICS
        if getattr(request, name) and not getattr(patient, name)
    ]
    for name in filled:
        value = getattr(request, name)
        setattr(patient, name, list(value) if name == "allergies" else value)
    if filled:
        patient.version += 1
        patient.save()


def keep_visit(patient: Patient, request: VisitRequest | None) -> Visit | None:
    """The visit of this number, made or brought up to date; None without a number."""
    if request is None or not request.number:
        return None
    values = {
        field.name: getattr(request, field.name)
        for field in fields(request)
        if getattr(request, field.name)
    }
    visit = Visit.objects.filter(
        number=request.number, assigning_authority=request.assigning_authority
    ).first()
    if visit is None:
        return Visit.objects.create(patient=patient, **values)
    if visit.patient_id != patient.pk:
        raise PatientMismatch(
            "The visit number belongs to another patient. Correct the sender, or "
            "move the visit, then apply the message again."
        )
    _update_visit(visit, values)
    return visit


def _update_visit(visit: Visit, values: dict[str, str]) -> None:
    if any(getattr(visit, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(visit, name, value)
        visit.save()


def _audit(
    action: str, patient: Patient, cause: Cause, changed: list[str] | None = None
) -> None:
    audit.record(
        action,
        actor=cause.user,
        actor_text=cause.actor,
        patient_id=patient.pk,
        message_id=cause.inbound_id,
        detail={"changed": changed} if changed else {},
    )
