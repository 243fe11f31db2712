"""What the interface below tells of our messages, put on the order's timeline."""

from __future__ import annotations

from typing import Any

from orders.cause import Cause
from orders.models import OrderEvent
from orders.services import note
from radflow.messaging.models import DeliveryAttempt, OutboundMessage
from radflow.messaging.signals import message_acknowledged, message_refused


def connect() -> None:
    message_acknowledged.connect(_acknowledged)
    message_refused.connect(_refused)


def _acknowledged(
    sender: Any, message: OutboundMessage, attempt: DeliveryAttempt, **_: Any
) -> None:
    tries = f", attempt {message.attempts}" if message.attempts > 1 else ""
    _tell(
        message,
        OrderEvent.Kind.MESSAGE,
        f"Receiver’s acknowledgement {attempt.outcome}",
        f"{message.message_type} {message.control_id}{tries}",
    )


def _refused(
    sender: Any, message: OutboundMessage, attempt: DeliveryAttempt, **_: Any
) -> None:
    _tell(
        message,
        OrderEvent.Kind.STOP,
        f"Refused by the receiver: {attempt.outcome}",
        f"{message.message_type} {message.control_id}. {message.error_text}"[:500],
    )


def _tell(message: OutboundMessage, kind: str, title: str, detail: str) -> None:
    cause = Cause(actor=message.peer.name)
    for order_id in message.order_ids:
        note(
            order_id=order_id,
            kind=kind,
            title=title,
            detail=detail,
            cause=cause,
            outbound_id=message.pk,
        )
