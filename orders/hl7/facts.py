"""What is known of the orders and the patient that a message speaks of, by label."""

from __future__ import annotations

from collections.abc import Sequence

from orders.hl7.patients import read_patient
from orders.models import Order, Patient, PatientIdentifier
from radflow.messaging.routes import PATIENT, Inbound


def facts(inbound: Inbound, order_ids: Sequence[int]) -> dict[str, str]:
    """Patient data under labels that begin with PATIENT; empty values left out."""
    found: dict[str, str] = {}
    for patient in _patients(inbound, order_ids):
        found |= _person(patient)
    orders = Order.objects.filter(pk__in=order_ids).select_related("visit")
    for order in orders.order_by("pk"):
        found |= _order(order)
    return {label: value for label, value in found.items() if value}


def _patients(inbound: Inbound, order_ids: Sequence[int]) -> list[Patient]:
    wanted = read_patient(inbound.message, inbound.peer).identifiers
    ids = set(
        Order.objects.filter(pk__in=order_ids).values_list("patient_id", flat=True)
    )
    for one in wanted:
        known = PatientIdentifier.objects.filter(
            value=one.value, assigning_authority=one.assigning_authority
        )
        ids.update(known.values_list("patient_id", flat=True))
    return list(Patient.objects.filter(pk__in=ids).order_by("pk"))


def _person(patient: Patient) -> dict[str, str]:
    ids = patient.identifiers.order_by("pk")
    named = (patient.family_name, patient.given_name, patient.middle_name)
    values = {
        "name": " ".join(part for part in named if part),
        "birth date": patient.birth_date_text,
        "sex": patient.sex,
        "is deceased": "Yes" if patient.deceased else "",
        "identifiers": ", ".join(f"{i.value} {i.assigning_authority}" for i in ids),
    }
    for visit in patient.visits.order_by("pk"):
        values[f"visit {visit.number} location"] = visit.location
        values[f"visit {visit.number} class"] = visit.patient_class
    return {f"{PATIENT} {patient.pk} {k}": value for k, value in values.items()}


def _order(order: Order) -> dict[str, str]:
    code = f"{order.procedure_code} {order.procedure_text}".strip()
    start = order.scheduled_start
    values = {
        "status": order.get_status_display(),
        "procedure": code,
        "priority": order.get_priority_display(),
        "accession number": order.accession_number,
        "modality": order.modality,
        "side": order.laterality,
        "scheduled start": start.isoformat() if start else "",
        "room": order.room_name,
        "needs attention": "Yes" if order.needs_attention else "",
    }
    personal = {
        "reason": order.reason,
        "clinical information": order.clinical_info,
        "visit": order.visit.number if order.visit else "",
    }
    found = {f"Order {order.pk} {k}": value for k, value in values.items()}
    hidden = {f"{PATIENT}, order {order.pk} {k}": v for k, v in personal.items()}
    return found | hidden
