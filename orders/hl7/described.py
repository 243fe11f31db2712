"""What a message is read as, by label, for people; nothing is written."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from orders.hl7.patients import read_patient, read_visit
from orders.hl7.profiles import mapping_for
from orders.hl7.requests import Reader
from orders.hl7.zsegments import fill, refused_fields
from orders.requests import Code, OrderRequest, PatientRequest, VisitRequest
from radflow.hl7.groups import order_groups
from radflow.messaging.routes import Inbound, PersonalLabel

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
        values = {_("Order control"): orc, **_order(filled.request, inbound)}
        values |= _personal(dict(filled.notes))
        for label, value in values.items():
            found[_numbered(label, number, len(groups))] = value
    return found


def describe_person(inbound: Inbound) -> Described:
    """Who the message speaks of, and the visit it names."""
    person = _person(read_patient(inbound.message, inbound.peer))
    return {**person, **_visit(read_visit(inbound.message, inbound.peer))}


def _numbered(label: str, number: int, of: int) -> str:
    """Still the label of patient data where it was one."""
    if of == 1:
        return label
    text = _("%(label)s (order %(number)s)") % {"label": label, "number": number}
    return type(label)(text)


def _person(person: PatientRequest) -> Described:
    named = (person.family_name, person.given_name, person.middle_name)
    ids = (f"{i.value} {i.assigning_authority} {i.type}" for i in person.identifiers)
    died_at = person.deceased_at
    values = {
        _("identifiers"): ", ".join(ids),
        _("name"): " ".join(part for part in named if part),
        _("name, ideographic"): person.name_ideographic,
        _("name, phonetic"): person.name_phonetic,
        _("birth date"): person.birth_date_text,
        _("sex"): person.sex,
        _("is deceased"): _("Yes") if person.deceased else "",
        _("time of death"): died_at.isoformat() if died_at else "",
        _("allergies"): ", ".join(person.allergies),
        _("values deleted"): ", ".join(sorted(person.cleared)),
    }
    return _personal(values)


def _visit(visit: VisitRequest | None) -> Described:
    if visit is None:
        return {}
    values = {
        _("visit number"): f"{visit.number} {visit.assigning_authority}".strip(),
        _("account"): visit.account_number,
        _("class"): visit.patient_class,
        _("location"): visit.location,
        _("attending physician"): visit.attending,
        _("referring physician"): visit.referring,
        _("ambulatory status"): visit.ambulatory_status,
        _("visit values deleted"): ", ".join(sorted(visit.cleared)),
    }
    return _personal(values)


def _order(order: OrderRequest, inbound: Inbound) -> Described:
    zone = ZoneInfo(inbound.peer.time_zone)
    placer = f"{order.placer_order_number} {order.placer_namespace}".strip()
    step = order.schedule
    slot = (_time(step.start, zone), _time(step.end, zone))
    return {
        _("Placer order number"): placer,
        _("Placer group"): order.placer_group_number,
        _("Filler order number"): order.filler_order_number,
        _("Accession number"): order.accession_number,
        _("Requested procedure ID"): order.requested_procedure_id,
        _("Scheduled step ID"): step.step_id,
        _("Study UID"): order.study_instance_uid,
        _("Requested procedure"): _code(order.procedure),
        _("Protocol code"): _code(order.protocol),
        _("Modality"): order.modality,
        _("Side"): order.laterality,
        _("Priority"): order.priority,
        _("Requested start"): _time(order.requested_start, zone),
        _("Slot"): " to ".join(filter(None, slot)),
        _("Station AE title"): step.station_ae_title,
        _("Station name"): step.station_name,
        _("Location of the step"): step.location,
        _("Event time"): _time(order.event_time, zone),
        _("Transport"): order.transport,
        _("Route"): order.route,
        _("Ordering provider"): " ".join(order.ordering_provider.values()),
        _("Entered by"): order.entered_by,
        _("Callback"): order.callback,
        _("Entering organization"): order.entering_organization,
        **_clinical(order),
    }


def _clinical(order: OrderRequest) -> Described:
    """Free text may name the person, so it is masked with the rest."""
    values = {
        _("reason"): _code(order.reason),
        _("clinical information"): order.clinical_info,
        _("danger code"): order.danger_code,
        _("comments"): order.comments,
        _("weight (kg)"): str(order.weight_kg or ""),
        _("height (m)"): str(order.height_m or ""),
    }
    return _personal(values)


def _personal(values: Described) -> Described:
    who = _("Patient")
    return {PersonalLabel(f"{who} {name}"): value for name, value in values.items()}


def _code(code: Code) -> str:
    return " · ".join(part for part in (code.code, code.text, code.system) if part)


def _time(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z") if at else ""
