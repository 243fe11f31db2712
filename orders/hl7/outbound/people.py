"""What others hear of patients, visits and merges (RAD-12)."""

from __future__ import annotations

from collections.abc import Sequence

from orders.cause import Cause
from orders.hl7.outbound.segments import pid
from orders.models import Patient, PatientIdentifier, Visit
from radflow.hl7.build import Value, segment
from radflow.hl7.fields import format_ts
from radflow.messaging.models import InboundMessage, Peer
from radflow.messaging.services import Addressee, enqueue

# From A31 on in 2.3.1 the structure is that of A01 too.
_STRUCTURES = {
    "A02": "ADT_A02",
    "A03": "ADT_A03",
    "A06": "ADT_A06",
    "A07": "ADT_A06",
    "A08": "ADT_A01",
    "A11": "ADT_A09",
    "A12": "ADT_A12",
    "A13": "ADT_A01",
    "A40": "ADT_A39",
}
RELAYED_VISITS = frozenset(_STRUCTURES) - {"A08", "A40"}


def send_patient(patient: Patient, cause: Cause) -> None:
    """ADT^A08: what is known of the person now."""
    _send("A08", patient, [_no_visit()], cause)


def send_visit(visit: Visit, event: str, cause: Cause) -> None:
    """The same event that we heard, in our own words."""
    if event in RELAYED_VISITS:
        _send(event, visit.patient, [pv1(visit)], cause)


def send_merge(
    survivor: Patient, retired: Sequence[PatientIdentifier], cause: Cause
) -> None:
    """ADT^A40; products differ in taking several in MRG-1, so one message each."""
    for row in retired:
        given = (row.value, "", "", row.assigning_authority, row.type)
        mrg = segment("MRG", {1: given})
        _send("A40", survivor, [mrg], cause)


def pv1(visit: Visit) -> str:
    values: dict[int, Value] = {
        1: "1",
        2: visit.patient_class or "U",
        3: visit.location,
        6: visit.prior_location,
        15: visit.ambulatory_status,
        19: (visit.number, "", "", visit.assigning_authority),
    }
    return segment("PV1", values)


def _no_visit() -> str:
    """PV1 is required by the grammar; class N says that it means nothing."""
    return segment("PV1", {1: "1", 2: "N"})


def _send(event: str, patient: Patient, body: list[str], cause: Cause) -> None:
    for peer in _hearers(cause):
        modern = peer.version_out != "2.3.1"
        evn = segment("EVN", {1: "" if modern else event, 2: format_ts(cause.at)})
        names = (peer.sending_application, peer.sending_facility)
        enqueue(
            peer=peer,
            message_type=f"ADT^{event}",
            structure=_STRUCTURES[event] if modern else "",
            segments=[evn, pid(patient), *body],
            key=f"patient:{patient.pk}",
            to=Addressee(*("" if name == "*" else name for name in names)),
        )


def _hearers(cause: Cause) -> list[Peer]:
    """Never the one that told us."""
    peers = list(Peer.objects.filter(wants_updates=True, enabled=True))
    if not peers or cause.inbound_id is None:
        return peers
    told_by = InboundMessage.objects.filter(pk=cause.inbound_id)
    source = told_by.values_list("peer_id", flat=True).first()
    return [peer for peer in peers if peer.pk != source]
