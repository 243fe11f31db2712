"""People and visits: ADT^A01 to A13, A28, A31, A38 (standards.md section 3.4)."""

from __future__ import annotations

from dataclasses import replace

from django.db import DataError

from orders import signals
from orders.cause import Cause
from orders.exceptions import OrderError
from orders.hl7.described import describe_person
from orders.hl7.facts import facts
from orders.hl7.patients import (
    RETIRED,
    TOO_LONG,
    check_news,
    patient_keys,
    read_patient,
    read_visit,
    refuse_retired,
)
from orders.models import Visit
from orders.services import change_visit, update_patient
from radflow.hl7.message import Message
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Peer
from radflow.messaging.routes import Applied, Handler, Inbound

# News of a person: PV1 is there for the grammar's sake.
_WITHOUT_VISIT = frozenset({"A28", "A31"})
# T5: the patient is here, where the peer's settings say so.
_ARRIVES = frozenset({"A04", "A10"})
# An update of a person implies that we heard of them before.
UNKNOWN = "The patient was not known here: made from this update"
LATE = "Late, not applied: {}"


def keys(message: Message, peer: Peer | None) -> list[str]:
    return patient_keys(message)


def apply(inbound: Inbound) -> Applied:
    """Bring the person up to date, and the visit where PV1 names one."""
    try:
        return _apply(inbound)
    except OrderError as error:
        raise Parked(error.code, error.text) from error
    except DataError as error:
        raise Parked("102", TOO_LONG) from error


def _apply(inbound: Inbound) -> Applied:
    request = read_patient(inbound.message, inbound.peer)
    at = request.event_time
    cause = Cause(actor=inbound.peer.name, inbound_id=inbound.row.pk)
    if at:
        cause = replace(cause, at=at)
    person = update_patient(request=request, cause=cause)
    applied = Applied()
    if person.late:
        applied.warnings.append(LATE.format("patient"))
    if person.retired:
        refuse_retired(inbound.peer)
        applied.warnings.append(RETIRED)
    event = inbound.row.message_type.partition("^")[2]
    if person.is_new and event == "A08":
        applied.warnings.append(UNKNOWN)
    visit = read_visit(inbound.message, inbound.peer)
    if visit and event not in _WITHOUT_VISIT and inbound.message.first("PV1"):
        change = change_visit(
            patient=person.patient, request=visit, event=event, cause=cause
        )
        if change.late:
            applied.warnings.append(LATE.format("visit"))
        elif event in _ARRIVES and inbound.peer.marks_arrivals:
            signals.visit_arrived.send(Visit, visit=change.visit, cause=cause)
    applied.order_ids = list(person.patient.orders.values_list("id", flat=True))
    return applied


ADT = Handler(
    apply=apply,
    check=check_news,
    keys=keys,
    describe=describe_person,
    facts=facts,
)
