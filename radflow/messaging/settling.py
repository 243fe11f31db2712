"""Answers that come as messages of their own, matched to what they answer.

Enhanced mode: the receiver said CA on the line, and says AA, AE or AR later. A plain
acknowledgement is applied here; those that speak of orders too are applied above and
call `settle`.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_noop

from radflow.hl7.acks import Ack, HL7Error, read_ack
from radflow.hl7.message import Message
from radflow.live import services as live
from radflow.messaging import signals
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import (
    DeliveryAttempt,
    InboundMessage,
    OutboundMessage,
    OutboundState,
    Peer,
)
from radflow.messaging.routes import Applied, Handler, Inbound
from radflow.messaging.text import storable

_TAKEN, _ACCEPTED, _REFUSED = {"AA"}, {"CA"}, {"AE", "AR", "CE", "CR"}
_OPEN = (OutboundState.SENT, OutboundState.ACCEPTED)
_CONTRADICTS = gettext_noop(
    "The receiver refuses what it acknowledged before. Ask there what is true, then "
    "skip this message."
)


def check(message: Message) -> None:
    """Without MSA nobody can tell what it answers."""
    msa = message.first("MSA")
    if msa is None:
        raise HL7Error("100", gettext_noop("Segment MSA is missing."), "MSA^1")
    if not msa.value(2):
        raise HL7Error(
            "101", gettext_noop("The control ID it answers is missing."), "MSA^1^2"
        )


def keys(message: Message, peer: Peer | None) -> list[str]:
    """What answers the same message is applied in its order."""
    msa = message.first("MSA")
    return [f"A:{msa.value(2)}"] if msa else []


def apply(inbound: Inbound) -> Applied:
    return Applied(list(settle(inbound).order_ids))


def settle(inbound: Inbound) -> OutboundMessage:
    """Give our message the answer it waited for; returns it, locked.

    Said again, nothing happens. Raises Parked where this answers nothing of ours.
    """
    ack = read_ack(bytes(inbound.row.raw))
    message = _answered(ack, inbound.peer)
    if ack.code in _ACCEPTED:
        _accept(message)
    elif ack.code in _TAKEN:
        _acknowledge(message, ack, inbound.row)
    elif ack.code in _REFUSED:
        _refuse(message, ack, inbound.row)
    else:
        text = gettext_noop("The acknowledgement code (MSA-1) is not known.")
        raise Parked("103", text, "MSA^1^1", is_final=False, holds=False)
    return message


def _answered(ack: Ack, peer: Peer) -> OutboundMessage:
    found = OutboundMessage.objects.select_for_update().filter(
        control_id=storable(ack.control_id, 199), peer=peer, attempts__gt=0
    )
    message = found.first()
    if message is None:
        text = gettext_noop(
            "It answers no message that we sent to this peer. Skip it, or ask there."
        )
        raise Parked("204", text, "MSA^1^2", is_final=False, holds=False)
    return message


def _accept(message: OutboundMessage) -> None:
    if message.state == OutboundState.SENT:
        message.state = OutboundState.ACCEPTED
        message.accepted_at = timezone.now()
        _save(message, "accepted_at")


def _acknowledge(message: OutboundMessage, ack: Ack, row: InboundMessage) -> None:
    """Also one that was refused: the receiver has it now."""
    if message.state not in (*_OPEN, OutboundState.REFUSED):
        return
    message.state = OutboundState.ACKNOWLEDGED
    message.acknowledged_at = timezone.now()
    message.error_code = message.error_location = message.error_text = ""
    attempt = _answer(message, ack, row)
    signals.message_acknowledged.send(OutboundMessage, message=message, attempt=attempt)


def _refuse(message: OutboundMessage, ack: Ack, row: InboundMessage) -> None:
    if message.state == OutboundState.ACKNOWLEDGED and message.answer_id != row.pk:
        raise Parked("207", _CONTRADICTS, "MSA^1^1", is_final=False, holds=False)
    if message.state not in _OPEN:
        return
    message.state = OutboundState.REFUSED
    message.error_code = storable(ack.error_code, 40)
    message.error_location = storable(ack.error_location, 60)
    message.error_text = storable(ack.text, 300)
    attempt = _answer(message, ack, row)
    signals.message_refused.send(OutboundMessage, message=message, attempt=attempt)


def _answer(message: OutboundMessage, ack: Ack, row: InboundMessage) -> DeliveryAttempt:
    message.answer = row
    message.ack_code, message.ack_raw = storable(ack.code, 2), bytes(row.raw)
    _save(
        message,
        "acknowledged_at",
        "answer",
        "ack_code",
        "ack_raw",
        "error_code",
        "error_location",
        "error_text",
    )
    return DeliveryAttempt.objects.create(
        message=message,
        started_at=row.received_at,
        outcome=ack.code,
        response=bytes(row.raw),
    )


def _save(message: OutboundMessage, *changed: str) -> None:
    """The lease ends too: a sender that still waits on the line decides no more."""
    message.leased_until = None
    message.save(update_fields=["state", "leased_until", *changed])
    live.publish("message", message.pk)


ANSWERS = Handler(apply=apply, check=check, keys=keys)
