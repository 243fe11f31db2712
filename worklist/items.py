"""An exam's step as a worklist item (standards.md sections 6.1 and 6.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.utils import timezone

from orders.hl7.outbound import NAMESPACE
from orders.lifecycle import ExamState
from orders.models import (
    Order,
    Patient,
    PatientIdentifier,
    Pregnancy,
    Protocolling,
    Visit,
)
from orders.selectors.protocols import protocol_of
from radflow.dicom.worklist_item import Code, IssuedId, Issuer, WorklistItem
from worklist.models import ScheduledStep

# HL7 table 0485 to (0040,1003).
_PRIORITIES = {"S": "STAT", "A": "HIGH", "P": "HIGH", "C": "HIGH", "T": "MEDIUM"}
_SEXES = {"M": "M", "F": "F", "O": "O", "A": "O", "N": "O"}
# Of a step that goes on; the others are the exam's own (section 6.1).
STARTED = "STARTED"
_PREGNANT = "B6"


def build_item(step: ScheduledStep) -> WorklistItem:
    """Reads order with protocollings, patient with identifiers, visit, station, room
    and site: prefetch.

    `station_ae` stays empty while any scanner of the modality may take the step; its
    times are then the department's, until a scanner asks.
    """
    order = step.order
    return WorklistItem(
        **_person(order.patient),
        **_exam(order),
        **_numbers(order),
        **_visit(order.visit),
        **_step(step),
        **_place(step),
    )


def _person(patient: Patient) -> dict[str, Any]:
    own, others = _identifiers(patient)
    return {
        "patient_name": person_name(
            patient.family_name,
            patient.given_name,
            patient.middle_name,
            patient.prefix,
            patient.suffix,
            ideographic=patient.name_ideographic,
            phonetic=patient.name_phonetic,
        ),
        "patient_id": own,
        "other_patient_ids": others,
        "birth_date": birth_date(patient),
        "sex": _SEXES.get(patient.sex, ""),
        "allergies": tuple(patient.allergies),
    }


def _exam(order: Order) -> dict[str, Any]:
    return {
        "weight_kg": _number(order.weight_kg or order.patient.weight_kg),
        "size_m": _number(order.height_m or order.patient.height_m),
        "medical_alerts": _present(order.clinical_info, *order.patient.alerts),
        "pregnancy_status": _pregnancy(order),
        "patient_state": order.danger_code,
        "institution": order.entering_organization or order.sender_facility,
        "requesting_physician": _provider(order),
        "requested_procedure_description": order.procedure_text,
        "requested_procedure_code": _code(
            order.procedure_code, order.procedure_system, order.procedure_text
        ),
        "priority": _PRIORITIES.get(order.priority, "ROUTINE"),
        "transport": order.transport,
        "reason": order.reason,
        "reason_code": _code(order.reason_code, order.reason_system, order.reason),
        "comments": order.comments,
        "step_status": _status(order),
    }


def _number(value: Decimal | None) -> float | None:
    return float(value) if value else None


def _pregnancy(order: Order) -> int | None:
    """The visit's word, else the patient's; the numbers are those of DICOM."""
    visit = order.visit
    if visit and visit.ambulatory_status == _PREGNANT:
        return Pregnancy.DEFINITELY
    return order.patient.pregnancy


def _numbers(order: Order) -> dict[str, Any]:
    return {
        "accession": _issued(order.accession_number, order.accession_issuer),
        "placer_order": _issued(order.placer_order_number, order.placer_namespace),
        "filler_order": _issued(order.filler_order_number, NAMESPACE),
        "study_instance_uid": order.study_instance_uid,
        "requested_procedure_id": order.requested_procedure_id,
    }


def _status(order: Order) -> str:
    return STARTED if order.status == ExamState.IN_PROGRESS else order.status.upper()


def at_station(
    item: WorklistItem, start: datetime, ae_title: str, zone: tzinfo
) -> WorklistItem:
    """An item without a scanner, as the one that asks shall see it."""
    values: dict[str, Any] = dict(_local_start(start, zone))
    return replace(item, station_ae=item.station_ae or ae_title, **values)


def _local_start(start: datetime, zone: tzinfo) -> dict[str, str]:
    """By the station's own clock, never UTC (section 6.2)."""
    there = start.astimezone(zone)
    return {
        "start_date": f"{there:%Y%m%d}",
        "start_time": f"{there:%H%M%S}",
        "timezone_offset": f"{there:%z}",
    }


def _step(step: ScheduledStep) -> dict[str, Any]:
    station = step.station
    zone = station.zone if station else timezone.get_default_timezone()
    protocol = protocol_of(step.order)
    return {
        "step_id": step.step_id,
        **_local_start(step.start, zone),
        "modality": step.modality,
        # Read from the order each time: a changed procedure must never show its old
        # name to the scanner.
        "step_description": step.description
        or (protocol.text if protocol else "")
        or step.protocol_text
        or step.order.protocol_text
        or step.order.procedure_text,
        "protocol_codes": _protocols(step, protocol),
        "step_comments": _comments(protocol),
    }


def _place(step: ScheduledStep) -> dict[str, Any]:
    station = step.station
    if station is None:
        return {"station_ae": step.station_ae_title}
    return {
        "station_ae": station.ae_title,
        "station_name": station.name,
        "step_location": station.room.location or station.room.name,
    }


def person_name(*components: str, ideographic: str = "", phonetic: str = "") -> str:
    """A PN of family, given, middle, prefix, suffix, with its further groups."""
    plain = (part.replace("^", " ").replace("=", " ").strip() for part in components)
    alphabetic = "^".join(plain).rstrip("^")
    groups = (alphabetic, ideographic.rstrip("^"), phonetic.rstrip("^"))
    return "=".join(groups).rstrip("=")


def birth_date(patient: Patient) -> str:
    """YYYYMMDD, or nothing for a partial date: DA knows none."""
    if patient.birth_date:
        return f"{patient.birth_date:%Y%m%d}"
    text = patient.birth_date_text[:8]
    return text if len(text) == 8 and text.isdigit() else ""


def _identifiers(patient: Patient) -> tuple[IssuedId, tuple[IssuedId, ...]]:
    known = sorted(
        patient.identifiers.all(), key=lambda one: (not one.preferred, one.pk)
    )
    issued = [_identifier(one) for one in known]
    return (issued[0] if issued else IssuedId()), tuple(issued[1:])


def _identifier(one: PatientIdentifier) -> IssuedId:
    return _issued(one.value, one.assigning_authority)


def _issued(value: str, authority: str) -> IssuedId:
    """An authority of several HD parts is `namespace&universal id&type`."""
    if not value:
        return IssuedId()
    namespace, _, rest = authority.partition("&")
    universal, _, kind = rest.partition("&")
    return IssuedId(value, Issuer(namespace, universal, kind))


def _provider(order: Order) -> str:
    keys = ("family", "given", "middle", "prefix", "suffix")
    return person_name(*(order.ordering_provider.get(key, "") for key in keys))


def _code(value: str, scheme: str, meaning: str) -> Code | None:
    """A scheme is required beside a value (PS3.3 8.2); unnamed ones are local."""
    return Code(value, scheme or "99LOCAL", meaning or value) if value else None


def _protocols(step: ScheduledStep, protocol: Protocolling | None) -> tuple[Code, ...]:
    """The radiologist's, else the step's own, else the order's.

    One in words alone has no code: an ordered code would then say something else.
    """
    if protocol:
        code = _code(protocol.code, protocol.system, protocol.text)
        return (code,) if code else ()
    of = step if step.protocol_code else step.order
    code = _code(of.protocol_code, of.protocol_system, of.protocol_text)
    return (code,) if code else ()


def _comments(protocol: Protocolling | None) -> str:
    """What the radiologist says beside the code: the words, contrast, the note."""
    if protocol is None:
        return ""
    contrast = "with contrast" if protocol.contrast else ""
    words = ", ".join(part for part in (protocol.text, contrast) if part)
    return ". ".join(part for part in (words, protocol.note) if part)


def _present(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def _visit(visit: Visit | None) -> dict[str, Any]:
    if visit is None:
        return {}
    return {
        "admission_id": _issued(visit.number, visit.assigning_authority),
        "current_location": visit.location,
        "referring_physician": visit.referring,
        "special_needs": visit.ambulatory_status,
    }
