"""What is known of the orders and the patient that a message speaks of, by label."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from orders.hl7.patients import read_patient
from orders.models import Order, Patient, PatientIdentifier
from radflow.messaging.routes import Inbound, PersonalLabel


def facts(inbound: Inbound, order_ids: Sequence[int]) -> dict[str, str]:
    """Patient data under personal labels; empty values left out."""
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
        _("name"): " ".join(part for part in named if part),
        _("birth date"): patient.birth_date_text,
        _("sex"): patient.sex,
        _("is deceased"): _("Yes") if patient.deceased else "",
        _("identifiers"): ", ".join(f"{i.value} {i.assigning_authority}" for i in ids),
    }
    for visit in patient.visits.order_by("pk"):
        name = {"number": visit.number}
        values[_("visit %(number)s location") % name] = visit.location
        values[_("visit %(number)s class") % name] = visit.patient_class
    who = _("Patient %(number)s") % {"number": patient.pk}
    return {PersonalLabel(f"{who} {name}"): value for name, value in values.items()}


def _order(order: Order) -> dict[str, str]:
    code = f"{order.procedure_code} {order.procedure_text}".strip()
    start = order.scheduled_start
    values = {
        _("status"): _(order.get_status_display()),
        _("procedure"): code,
        _("priority"): _(order.get_priority_display()),
        _("accession number"): order.accession_number,
        _("modality"): order.modality,
        _("side"): order.laterality,
        _("scheduled start"): start.isoformat() if start else "",
        _("room"): order.room_name,
        _("needs attention"): _("Yes") if order.needs_attention else "",
    }
    personal = {
        _("reason"): order.reason,
        _("clinical information"): order.clinical_info,
        _("visit"): order.visit.number if order.visit else "",
    }
    number = {"number": order.pk}
    which = _("Order %(number)s") % number
    found = {f"{which} {name}": value for name, value in values.items()}
    whose = _("Patient, order %(number)s") % number
    hidden = {PersonalLabel(f"{whose} {name}"): v for name, v in personal.items()}
    return found | hidden
