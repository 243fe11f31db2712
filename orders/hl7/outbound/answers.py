"""The response to an order message: ORR, ORL, ORG, ORI (section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orders.cause import Cause
from orders.hl7.outbound.segments import (
    OWN_CODES,
    STATUS_CODES,
    filler,
    key_of,
    note_sent,
    obr,
    pid,
    placer,
)
from orders.lifecycle import ExamState
from orders.models import Order
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

# The response of each order message (standards.md 3.2); ORL and later from 2.4 on.
_RESPONSES = {"OML": "ORL^O22", "OMG": "ORG^O20", "OMI": "ORI^O24"}
_OF_EVENT = {"OML^O33": "ORL^O34", "OML^O35": "ORL^O36"}


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
            note_sent(order, sent.pk if sent else None, Cause(actor=peer.name), text)
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
    of_type = _RESPONSES.get(message.message_type[:3], "ORR^O02")
    return _OF_EVENT.get(message.message_type, of_type)


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
