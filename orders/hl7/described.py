"""What a message is read as, by label, for people; nothing is written."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from orders.hl7.patients import read_patient, read_visit
from orders.hl7.profiles import mapping_for
from orders.hl7.requests import Reader
from orders.hl7.zsegments import fill, refused_fields
from orders.requests import Code, OrderRequest, PatientRequest, VisitRequest
from radflow.hl7.groups import order_groups
from radflow.messaging.routes import PATIENT, Inbound

Described = dict[str, str]


def describe_orders(inbound: Inbound) -> Described:
    """The person, the visit, and every order of the message."""
    mapping = mapping_for(inbound.peer, inbound.message)
    refused = refused_fields(inbound)
    found = describe_person(inbound)
    groups = order_groups(inbound.message)
    for number, group in enumerate(groups, start=1):
        reader = Reader(group, inbound.message, mapping, inbound.peer, refused)
        filled = fill(reader, inbound)
        orc = group.orc.value(1).upper() if group.orc else ""
        values = {"Order control": orc, **_order(filled.request, inbound)}
        values |= _personal(dict(filled.notes))
        for label, value in values.items():
            found[_numbered(label, number, len(groups))] = value
    return found


def describe_person(inbound: Inbound) -> Described:
    """Who the message speaks of, and the visit it names."""
    person = _person(read_patient(inbound.message, inbound.peer))
    return {**person, **_visit(read_visit(inbound.message, inbound.peer))}


def _numbered(label: str, number: int, of: int) -> str:
    """Patient data keep their first word: what is masked is known by it."""
    return label if of == 1 else f"{label} (order {number})"


def _person(person: PatientRequest) -> Described:
    named = (person.family_name, person.given_name, person.middle_name)
    ids = (f"{i.value} {i.assigning_authority} {i.type}" for i in person.identifiers)
    values = {
        "identifiers": ", ".join(ids),
        "name": " ".join(part for part in named if part),
        "name, ideographic": person.name_ideographic,
        "name, phonetic": person.name_phonetic,
        "birth date": person.birth_date_text,
        "sex": person.sex,
        "is deceased": "Yes" if person.deceased else "",
        "time of death": person.deceased_at.isoformat() if person.deceased_at else "",
        "allergies": ", ".join(person.allergies),
        "values deleted": ", ".join(sorted(person.cleared)),
    }
    return _personal(values)


def _visit(visit: VisitRequest | None) -> Described:
    if visit is None:
        return {}
    values = {
        "visit number": f"{visit.number} {visit.assigning_authority}".strip(),
        "account": visit.account_number,
        "class": visit.patient_class,
        "location": visit.location,
        "attending physician": visit.attending,
        "referring physician": visit.referring,
        "ambulatory status": visit.ambulatory_status,
        "visit values deleted": ", ".join(sorted(visit.cleared)),
    }
    return _personal(values)


def _order(order: OrderRequest, inbound: Inbound) -> Described:
    zone = ZoneInfo(inbound.peer.time_zone)
    placer = f"{order.placer_order_number} {order.placer_namespace}".strip()
    step = order.schedule
    slot = (_time(step.start, zone), _time(step.end, zone))
    return {
        "Placer order number": placer,
        "Placer group": order.placer_group_number,
        "Filler order number": order.filler_order_number,
        "Accession number": order.accession_number,
        "Requested procedure ID": order.requested_procedure_id,
        "Scheduled step ID": step.step_id,
        "Study UID": order.study_instance_uid,
        "Requested procedure": _code(order.procedure),
        "Protocol code": _code(order.protocol),
        "Modality": order.modality,
        "Side": order.laterality,
        "Priority": order.priority,
        "Requested start": _time(order.requested_start, zone),
        "Slot": " to ".join(filter(None, slot)),
        "Station AE title": step.station_ae_title,
        "Station name": step.station_name,
        "Location of the step": step.location,
        "Event time": _time(order.event_time, zone),
        "Transport": order.transport,
        "Ordering provider": " ".join(order.ordering_provider.values()),
        "Entered by": order.entered_by,
        "Callback": order.callback,
        "Entering organization": order.entering_organization,
        **_clinical(order),
    }


def _clinical(order: OrderRequest) -> Described:
    """Free text may name the person, so it is masked with the rest."""
    values = {
        "reason": _code(order.reason),
        "clinical information": order.clinical_info,
        "danger code": order.danger_code,
        "comments": order.comments,
        "weight (kg)": str(order.weight_kg or ""),
        "height (m)": str(order.height_m or ""),
    }
    return _personal(values)


def _personal(values: Described) -> Described:
    return {f"{PATIENT} {name}": value for name, value in values.items()}


def _code(code: Code) -> str:
    return " · ".join(part for part in (code.code, code.text, code.system) if part)


def _time(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z") if at else ""
