"""Whom a parked message speaks of, and whom the file has under its identifiers."""

from __future__ import annotations

from dataclasses import dataclass, field

from orders.cause import Cause
from orders.hl7.merges import pairs
from orders.hl7.patients import read_patient
from orders.models import Patient
from orders.requests import Identifier, PatientRequest
from orders.services.identifiers import find_ids
from radflow.messaging.models import InboundMessage
from radflow.messaging.parking import read

MERGE_DOUBTFUL = "MERGE_DOUBTFUL"


@dataclass(frozen=True)
class Named:
    """`merges` are survivor and retired identifiers, where the message is a merge."""

    person: PatientRequest
    on_file: list[Patient]
    merges: list[tuple[PatientRequest, tuple[Identifier, ...]]] = field(
        default_factory=list
    )


def named_by(row: InboundMessage) -> Named:
    """Raises Parked where the message cannot be read."""
    inbound = read(row)
    person = read_patient(inbound.message, inbound.peer)
    merges = []
    if row.error_code == MERGE_DOUBTFUL:
        event = row.message_type.partition("^")[2]
        cause = Cause(actor=inbound.peer.name, inbound_id=row.pk)
        merges = [
            (pair.patient, pair.retired(1)) for pair in pairs(inbound, cause, event)
        ]
    wanted = [*person.identifiers, *(one for _, ids in merges for one in ids)]
    known = {found.patient_id for found in find_ids(wanted)}
    files = Patient.objects.filter(pk__in=known).prefetch_related("identifiers")
    return Named(person, list(files.order_by("pk")), merges)
