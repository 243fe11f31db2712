"""People and visits: ADT^A01, A04, A05, A08, A28, A31 (standards.md section 3.4)."""

from __future__ import annotations

from django.db import DataError

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.hl7.described import describe_person
from orders.hl7.facts import facts
from orders.hl7.patients import (
    TOO_LONG,
    check_patient,
    patient_keys,
    read_patient,
    read_visit,
)
from orders.services import keep_visit, update_patient
from radflow.hl7.message import Message
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Peer
from radflow.messaging.routes import Applied, Handler, Inbound

# News of a person: PV1 is there for the grammar's sake.
_WITHOUT_VISIT = frozenset({"ADT^A28", "ADT^A31"})


def keys(message: Message, peer: Peer | None) -> list[str]:
    return patient_keys(message)


def apply(inbound: Inbound) -> Applied:
    """Bring the person up to date, and the visit where PV1 names one."""
    request = read_patient(inbound.message, inbound.peer)
    cause = Cause(actor=inbound.peer.name, inbound_id=inbound.row.pk)
    try:
        patient = update_patient(request=request, cause=cause)
        if inbound.row.message_type not in _WITHOUT_VISIT:
            keep_visit(patient, read_visit(inbound.message))
    except OrderError as error:
        raise Parked(error.code, error.text) from error
    except DataError as error:
        raise Parked("102", TOO_LONG) from error
    return Applied(order_ids=list(patient.orders.values_list("id", flat=True)))


ADT = Handler(
    apply=apply,
    check=check_patient,
    keys=keys,
    describe=describe_person,
    facts=facts,
)
