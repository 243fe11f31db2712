"""What we tell other systems of an order: answers (ORR, ORL) and status (ORM SC)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orders.cause import Cause
from orders.lifecycle import ExamState
from orders.models import Order, OrderEvent, Patient
from radflow.hl7.build import Value, segment
from radflow.hl7.fields import format_ts
from radflow.messaging.models import (
    InboundMessage,
    OutboundMessage,
    Peer,
    Profile,
)
from radflow.messaging.routes import Inbound, Response
from radflow.messaging.services import Addressee, enqueue

NAMESPACE = "RADFLOW"
OWN_CODES = "99RADFLOW"

S = ExamState
# ORC-5 (table 0038), ORC-25 and OBR-25 (table 0123) per state: section 5.1.
STATUS_CODES: dict[ExamState, tuple[str, str, str]] = {
    S.ORDERED: ("", "ORDERED", "O"),
    S.SCHEDULED: ("SC", "SCHEDULED", "S"),
    S.ARRIVED: ("SC", "ARRIVED", "S"),
    S.READY: ("SC", "READY", "S"),
    S.IN_PROGRESS: ("IP", "STARTED", "I"),
    S.PERFORMED: ("CM", "PERFORMED", "I"),
    S.ON_HOLD: ("HD", "ON_HOLD", "S"),
    S.CANCELLED: ("CA", "CANCELLED", "X"),
    S.DISCONTINUED: ("DC", "DISCONTINUED", "X"),
    S.REPLACED: ("RP", "REPLACED", "X"),
}
_TEXTS = {"STARTED": "Exam started", "PERFORMED": "Exam performed"}


def addressee(order: Order) -> Addressee:
    return Addressee(order.sender_application, order.sender_facility)


def key_of(order: Order) -> str:
    return f"accession:{order.accession_number}"


def send_status(order: Order, cause: Cause) -> None:
    """ORM^O01 with ORC-1 SC to the system that placed the order (section 3.3)."""
    peer = order.peer
    if peer is None or not peer.wants_status or cause.answered:
        return
    modern = peer.version_out != "2.3.1"
    message = enqueue(
        peer=peer,
        message_type="ORM^O01",
        structure="ORM_O01" if modern else "",
        segments=[
            pid(order.patient),
            _status_orc(order, cause.at, modern=modern),
            obr(order),
        ],
        key=key_of(order),
        order_ids=[order.pk],
        to=addressee(order),
    )
    if message:
        # The state's own entry says what happened; this one what was told.
        _note_sent(order, message.pk, cause, f"ORM^O01 SC to {peer.name}")


# The response of each order message (standards.md 3.2); ORL and later from 2.4 on.
_RESPONSES = {"OML": "ORL^O22", "OMG": "ORG^O20", "OMI": "ORI^O24"}


@dataclass(frozen=True)
class Answer:
    """What became of one order of a message: ORC-1 (table 0119), ORC-16 its reason.

    `numbers` is ORC-2 as asked, for an order that we do not have.
    """

    code: str
    order: Order | None = None
    numbers: tuple[str, str] = ("", "")
    reason: tuple[str, str] = ("", "")


def send_answers(*, inbound: Inbound, answers: Sequence[Answer]) -> Response | None:
    """The order response: one ORC per order with its outcome (`OK`, `UC`, ...).

    Returned for a sender that waits on the line, else queued.
    """
    peer = inbound.peer
    response = _response(inbound, answers)
    known = [(one.order, one.code) for one in answers if one.order]
    orders = [order for order, _ in known]
    sent = None if inbound.answered_on_the_line else _send(inbound, response, orders)
    if sent or inbound.answered_on_the_line:
        for order, code in known:
            text = f"{response.message_type} {code} to {peer.name}"
            _note_sent(order, sent.pk if sent else None, Cause(actor=peer.name), text)
    return response if inbound.answered_on_the_line else None


def _response(inbound: Inbound, answers: Sequence[Answer]) -> Response:
    kind = _response_type(inbound.row, inbound.peer)
    groups = [text for answer in answers for text in _answer_group(answer)]
    patient = next((one.order.patient for one in answers if one.order), None)
    if kind != "ORR^O02" and patient:
        groups.insert(0, pid(patient))
    return Response(kind, groups)


def _response_type(message: InboundMessage, peer: Peer) -> str:
    """ORR for ORM, for the seed's OML (D3), and before 2.4."""
    if peer.profile == Profile.SEED or message.version < "2.4":
        return "ORR^O02"
    return _RESPONSES.get(message.message_type[:3], "ORR^O02")


def _send(
    inbound: Inbound, response: Response, orders: list[Order]
) -> OutboundMessage | None:
    """In the sender's own version, after MSA that names its message."""
    message, kind = inbound.row, response.message_type
    msa = segment("MSA", {1: "AA", 2: message.control_id})
    return enqueue(
        peer=inbound.peer,
        message_type=kind,
        structure=kind.replace("^", "_") if message.version >= "2.4" else "",
        segments=[msa, *response.segments],
        key=key_of(orders[0]) if orders else f"message:{message.control_id}",
        order_ids=[order.pk for order in orders],
        to=Addressee(message.sending_application, message.sending_facility),
        in_reply_to=message,
        version=message.version,
    )


def _answer_group(answer: Answer) -> list[str]:
    order = answer.order
    why = (*answer.reason, OWN_CODES) if any(answer.reason) else ""
    orc: dict[int, Value] = {1: answer.code, 2: answer.numbers, 16: why}
    if order is None:
        return [segment("ORC", orc)]
    happened = order.created_at if answer.code == "OK" else order.status_since
    orc |= {
        2: placer(order) if any(placer(order)) else answer.numbers,
        3: filler(order),
        5: STATUS_CODES[ExamState(order.status)][0],
        9: format_ts(happened),
    }
    return [segment("ORC", orc), obr(order)]


def _status_orc(order: Order, at: datetime, *, modern: bool) -> str:
    code, exact, _ = STATUS_CODES[ExamState(order.status)]
    start = format_ts(order.scheduled_start) if order.scheduled_start else ""
    values: dict[int, Value] = {
        1: "SC",
        2: placer(order),
        3: filler(order),
        5: code,
        7: ("1", "", "", start, "", order.priority),
        9: format_ts(at),
        12: provider(order),
    }
    if modern:
        text = _TEXTS.get(exact, ExamState(order.status).label)
        values[25] = (exact, text, OWN_CODES)
    return segment("ORC", values)


def obr(order: Order, more: dict[int, Value] | None = None) -> str:
    """OBR with the fields every message of ours has, and `more` by number."""
    _, _, result = STATUS_CODES[ExamState(order.status)]
    values: dict[int, Value] = {
        1: "1",
        2: placer(order),
        3: filler(order),
        4: procedure(order),
        18: order.accession_number,
        19: order.requested_procedure_id,
        22: format_ts(order.status_since),
        24: order.modality,
        25: result,
        **(more or {}),
    }
    return segment("OBR", values)


def pid(patient: Patient) -> str:
    """PID with every identifier we know, the preferred one first."""
    identifiers = sorted(patient.identifiers.all(), key=lambda i: not i.preferred)
    return segment(
        "PID",
        {
            1: "1",
            3: [(i.value, "", "", i.assigning_authority, i.type) for i in identifiers],
            5: (
                patient.family_name,
                patient.given_name,
                patient.middle_name,
                patient.suffix,
                patient.prefix,
            ),
            7: patient.birth_date_text,
            8: patient.sex,
        },
    )


def placer(order: Order) -> tuple[str, str]:
    return order.placer_order_number, order.placer_namespace


def filler(order: Order) -> tuple[str, str]:
    return order.filler_order_number, NAMESPACE


def procedure(order: Order) -> tuple[str, str, str]:
    return order.procedure_code, order.procedure_text, order.procedure_system


def provider(order: Order) -> tuple[str, ...]:
    keys = ("id", "family", "given", "middle", "suffix", "prefix")
    return tuple(order.ordering_provider.get(key, "") for key in keys)


def _note_sent(order: Order, outbound_id: int | None, cause: Cause, text: str) -> None:
    OrderEvent.objects.create(
        order=order,
        at=cause.at,
        kind=OrderEvent.Kind.MESSAGE,
        title=text,
        actor="radflow",
        outbound_id=outbound_id,
    )
