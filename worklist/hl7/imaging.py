"""Scheduled procedures for image and report managers (RAD-4, RAD-13; 12.5 d, e)."""

from __future__ import annotations

from collections.abc import Sequence

from orders.cause import Cause
from orders.hl7.outbound import (
    NAMESPACE,
    OWN_CODES,
    filler,
    key_of,
    note_sent,
    obr,
    orc,
    pid,
    placer,
    procedure,
    provider,
)
from orders.models import Order
from radflow.hl7.build import Value, segment
from radflow.hl7.fields import format_ts
from radflow.messaging.models import ImagingMessage, OutboundMessage, Peer
from radflow.messaging.models.peer import ANY
from radflow.messaging.services import Addressee, enqueue
from worklist.models import Room, ScheduledStep

_NEW, _CHANGED = "RAD-4", "RAD-13"


def send_procedure(
    *,
    order: Order,
    steps: Sequence[ScheduledStep],
    peer: Peer,
    control: str,
    status: str,
    cause: Cause,
) -> OutboundMessage | None:
    """One requested procedure with all its steps; `control` and `status` as RAD-4 has.

    An order without a step is told without one: it had a time and has none now.
    """
    as_omi = peer.imaging_message == ImagingMessage.OMI
    modern = as_omi or peer.version_out != "2.3.1"
    head = orc(order, control, cause.at, modern=False, status=status, timed=not as_omi)
    build = _omi if as_omi else _orm
    message = enqueue(
        peer=peer,
        message_type="OMI^O23" if as_omi else "ORM^O01",
        structure=("OMI_O23" if as_omi else "ORM_O01") if modern else "",
        segments=[pid(order.patient), pv1(order), *build(order, steps, head)],
        key=key_of(order),
        order_ids=[order.pk],
        to=_addressee(peer),
        version="2.5.1" if as_omi else "",
    )
    if message:
        name = _NEW if control == "NW" else _CHANGED
        told = f"{message.message_type} {control}/{status} ({name}) to {peer.name}"
        note_sent(order, message.pk, cause, told)
    return message


def _addressee(peer: Peer) -> Addressee:
    names = (peer.sending_application, peer.sending_facility)
    return Addressee(*("" if name == ANY else name for name in names))


def pv1(order: Order) -> str:
    """Required by the grammar; class U where we know no visit."""
    visit = order.visit
    values: dict[int, Value] = {1: "1", 2: "U"}
    if visit:
        values |= {
            2: visit.patient_class or "U",
            3: visit.location,
            19: (visit.number, "", "", visit.assigning_authority),
        }
    return segment("PV1", values)


def _orm(order: Order, steps: Sequence[ScheduledStep], head: str) -> list[str]:
    """ORC and OBR again for each step, and one ZDS at the end (section 3.3)."""
    body = []
    for number, step in enumerate(_at_least_one(steps), start=1):
        body += [head, _obr(order, step, number)]
    return [*body, zds(order)]


def _at_least_one(steps: Sequence[ScheduledStep]) -> Sequence[ScheduledStep | None]:
    """The procedure is told even where no step of it has a time."""
    return steps or [None]


def zds(order: Order) -> str:
    """The 4-component form (D10)."""
    uid = order.study_instance_uid
    return segment("ZDS", {1: (uid, NAMESPACE, "Application", "DICOM")})


def _obr(order: Order, step: ScheduledStep | None, number: int) -> str:
    start = format_ts(step.start) if step else ""
    values: dict[int, Value] = {
        1: str(number),
        4: (*procedure(order), *_protocol(order, step)),
        16: provider(order),
        20: step.step_id if step else "",
        22: "",
        24: step.modality if step else order.modality,
        25: "",
        27: ("1", "", "", start, "", order.priority),
        44: procedure(order),
    }
    return obr(order, values)


def _protocol(order: Order, step: ScheduledStep | None) -> tuple[str, str, str]:
    of = step if step and step.protocol_code else order
    return of.protocol_code, of.protocol_text, of.protocol_system


def _omi(order: Order, steps: Sequence[ScheduledStep], head: str) -> list[str]:
    """One IPC per step; a step must be named even where none has a time any more."""
    start = format_ts(min(step.start for step in steps)) if steps else ""
    priority = (order.priority, "", "HL70485")
    return [
        head,
        segment("TQ1", {1: "1", 7: start, 9: priority}),
        segment(
            "OBR",
            {
                1: "1",
                2: placer(order),
                3: filler(order),
                4: procedure(order),
                16: provider(order),
                24: order.modality,
                44: procedure(order),
            },
        ),
        *(_ipc(order, step) for step in _at_least_one(steps)),
    ]


def _room(room: Room) -> tuple[str, str, str]:
    return room.location, room.name, OWN_CODES


def _ipc(order: Order, step: ScheduledStep | None) -> str:
    station = step.station if step else None
    values: dict[int, Value] = {
        1: (order.accession_number, NAMESPACE),
        2: order.requested_procedure_id,
        3: order.study_instance_uid,
        4: step.step_id if step else "",
        5: step.modality if step else order.modality,
        6: _protocol(order, step),
        7: station.name if station else "",
        8: _room(station.room) if station else "",
        9: step.station_ae_title if step else "",
    }
    return segment("IPC", values)
