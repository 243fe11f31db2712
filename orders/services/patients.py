"""Finding and keeping people: by identifier and authority, never by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.exceptions import PatientMismatch
from orders.hl7 import outbound
from orders.identity import Comparison, compare
from orders.lifecycle import OPEN_STATES, ExamState
from orders.models import Order, OrderEvent, Patient, PatientIdentifier
from orders.requests import Identifier, PatientRequest
from orders.services.attention import put_reason
from orders.services.duplicates import propose, set_keys
from orders.services.events import note_on, save
from orders.services.identifiers import add_identifiers, find_ids, names_retired
from orders.services.provenance import keep_source
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
    "deceased_at",
    "allergies",
    "alerts",
    "weight_kg",
    "height_m",
    "pregnancy",
)
_LISTS = frozenset({"allergies", "alerts"})
# By these a technologist knows the person.
_IDENTIFYING = frozenset({"family_name", "given_name", "birth_date_text", "sex"})
_CHECKED_IN = (ExamState.ARRIVED, ExamState.READY, ExamState.IN_PROGRESS)
_BLANK = Patient()
CHANGED_AFTER_CHECK_IN = gettext_noop(
    "Name, birth date or sex changed after check-in. Compare with the wristband again."
)


@dataclass(frozen=True)
class PatientChange:
    """`late`: older than what is known of the person, so not applied (5.4).

    `retired` where the message still names an identifier that was merged away,
    `is_new` where nobody here had one of its identifiers.
    """

    patient: Patient
    late: bool = False
    retired: bool = False
    is_new: bool = False


@unit.atomic
def register_patient(*, request: PatientRequest, cause: Cause) -> Patient:
    """The person these identifiers name, made when unknown; locked until commit.

    Known people are never overwritten here, only empty values filled (D11).
    Raises PatientMismatch where identifiers and demographics disagree (section 10).
    """
    patient = find_locked(request.identifiers)
    if patient is None:
        return create_patient(request, cause)
    refuse_conflict(patient, request)
    _learn_identifiers(patient, request, cause)
    fresh = {n: v for n, v in _said(request).items() if not getattr(patient, n)}
    if patient.birth_date_text:
        # Known to the year or the month: the two columns say one thing.
        fresh.pop("birth_date", None)
    if fresh:
        _set(patient, fresh, request, cause)
    return patient


def refuse_conflict(patient: Patient, request: PatientRequest) -> None:
    if compare(patient, request) is Comparison.CONFLICT:
        raise PatientMismatch(
            gettext_noop(
                "The identifier belongs to a person with another name, birth date or "
                "sex. Compare both and resolve, then apply the message again."
            )
        )


@unit.atomic
def update_patient(*, request: PatientRequest, cause: Cause) -> PatientChange:
    """What ADT says of a person replaces what we have, field by field.

    Empty fields leave, fields in `request.cleared` delete (standards.md 3.1). An
    identifier that was merged away and now comes with another name and birth date is
    no news of the survivor: PatientMismatch.
    """
    patient = find_locked(request.identifiers)
    if patient is None:
        made = create_patient(request, cause, known_at=request.event_time)
        return PatientChange(made, is_new=True)
    retired = names_retired(request.identifiers)
    if retired:
        refuse_conflict(patient, request)
    if _is_late(patient, request):
        return PatientChange(patient, late=True, retired=retired)
    _learn_identifiers(patient, request, cause)
    told: dict[str, Any] = {n: getattr(_BLANK, n) for n in request.cleared}
    told |= {n: v for n, v in _said(request).items() if n not in request.cleared}
    if request.birth_date_text:
        told["birth_date"] = request.birth_date
    changed = {n: v for n, v in told.items() if getattr(patient, n) != v}
    patient.demographics_at = request.event_time or patient.demographics_at
    if changed:
        _set(patient, changed, request, cause)
        _tell_changed(patient, frozenset(changed), cause)
    elif request.event_time:
        patient.save(update_fields=["demographics_at"])
    return PatientChange(patient, retired=retired)


def _said(request: PatientRequest) -> dict[str, Any]:
    values = {name: getattr(request, name) for name in _DEMOGRAPHICS}
    return {n: list(v) if n in _LISTS else v for n, v in values.items() if v}


def _is_late(patient: Patient, request: PatientRequest) -> bool:
    at, known = request.event_time, patient.demographics_at
    return bool(at and known and at < known)


def _set(
    patient: Patient, values: dict[str, Any], request: PatientRequest, cause: Cause
) -> None:
    was = {name: getattr(patient, name) for name in values}
    for name, value in values.items():
        setattr(patient, name, value)
    patient.version += 1
    if is_renamed := bool(_IDENTIFYING & values.keys()):
        set_keys(patient)
    patient.save()
    if is_renamed:
        propose(patient)
    keep_source(patient, was=was, now=values, sources=request.sources, cause=cause)


def _tell_changed(patient: Patient, changed: frozenset[str], cause: Cause) -> None:
    record("patient_updated", patient, cause, changed=sorted(changed))
    outbound.send_patient(patient, cause)
    live.publish("patient", patient.pk, patient.version)
    orders = Order.objects.filter(patient=patient, status__in=OPEN_STATES)
    alarming = bool(changed & _IDENTIFYING)
    for order in orders.select_for_update().order_by("pk"):
        if alarming and order.status in _CHECKED_IN:
            _alarm(order, cause)
        else:
            live.publish("order", order.pk, order.version)


def _alarm(order: Order, cause: Cause) -> None:
    put_reason(order, CHANGED_AFTER_CHECK_IN)
    save(order)
    note_on(
        order,
        kind=OrderEvent.Kind.STOP,
        title=gettext_noop("Patient data changed after check-in"),
        detail=CHANGED_AFTER_CHECK_IN,
        cause=cause,
    )


def find_locked(identifiers: tuple[Identifier, ...]) -> Patient | None:
    """The one person of these identifiers; PatientMismatch where they are two."""
    ids = {row.patient_id for row in find_ids(identifiers)}
    if len(ids) > 1:
        raise PatientMismatch(
            gettext_noop(
                "The identifiers of this message belong to two different people. "
                "Merge them or correct the sender, then apply the message again."
            )
        )
    if not ids:
        return None
    patient = Patient.objects.select_for_update().get(pk=ids.pop())
    if patient.merged_into_id and {r.patient_id for r in find_ids(identifiers)} != {
        patient.pk
    }:
        # Merged while this waited for the lock: the identifiers lead elsewhere now.
        return find_locked(identifiers)
    return patient


def lock_both(first: int, second: int) -> tuple[Patient, Patient]:
    """Locked in the order of their ids, given back in the order asked for."""
    found = Patient.objects.select_for_update().filter(pk__in=(first, second))
    rows = {row.pk: row for row in found.order_by("pk")}
    return rows[first], rows[second]


def create_patient(
    request: PatientRequest, cause: Cause, *, known_at: datetime | None = None
) -> Patient:
    """`known_at` is the event time where the message is news of the person (ADT)."""
    said = _said(request)
    patient = Patient(**said, demographics_at=known_at)
    set_keys(patient)
    patient.save(force_insert=True)
    fresh = add_identifiers(patient, request.identifiers, known=())
    propose(patient, request.identifiers)
    record("patient_created", patient, cause)
    now = {**said, "identifiers": _in_words(fresh)}
    keep_source(patient, was={}, now=now, sources=request.sources, cause=cause)
    return patient


def _learn_identifiers(patient: Patient, request: PatientRequest, cause: Cause) -> None:
    known = list(patient.identifiers.all())
    fresh = add_identifiers(patient, request.identifiers, known)
    keep_source(
        patient,
        was={"identifiers": _in_words(known)},
        now={"identifiers": _in_words([*known, *fresh])},
        sources=request.sources,
        cause=cause,
    )


def _in_words(identifiers: list[PatientIdentifier]) -> list[str]:
    return [f"{one.value} ({one.assigning_authority})" for one in identifiers]


def touch(patient_ids: set[int]) -> None:
    """Their identifiers changed: what is shown of them must be read again."""
    Patient.objects.filter(pk__in=patient_ids).update(version=F("version") + 1)
    for patient in Patient.objects.filter(pk__in=patient_ids):
        live.publish("patient", patient.pk, patient.version)


def record(
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
