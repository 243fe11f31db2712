"""What messages and settings below mean for orders: timeline, held changes, names."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.models import AuthorityAlias, HeldChange, OrderEvent
from orders.services import note
from orders.services.drift import follow_message
from orders.services.renaming import rename_authority
from radflow.accounts.models import User
from radflow.messaging.models import DeliveryAttempt, InboundMessage, OutboundMessage
from radflow.messaging.signals import (
    message_acknowledged,
    message_refused,
    parked_replayed,
    parked_skipped,
)

_ANSWERED = gettext_noop("Receiver’s acknowledgement")
_REFUSED = gettext_noop("Refused by the receiver:")


def connect() -> None:
    message_acknowledged.connect(_acknowledged)
    message_refused.connect(_refused)
    parked_replayed.connect(_replayed)
    parked_skipped.connect(_skipped)
    post_save.connect(_aliased, sender=AuthorityAlias)


def _aliased(sender: Any, instance: AuthorityAlias, **_: Any) -> None:
    rename_authority(old=instance.alias, new=instance.authority.name)


def _acknowledged(
    sender: Any, message: OutboundMessage, attempt: DeliveryAttempt, **_: Any
) -> None:
    tries = f", attempt {message.attempts}" if message.attempts > 1 else ""
    _tell(
        message,
        OrderEvent.Kind.MESSAGE,
        f"{_ANSWERED} {attempt.outcome}",
        f"{message.message_type} {message.control_id}{tries}",
    )


def _refused(
    sender: Any, message: OutboundMessage, attempt: DeliveryAttempt, **_: Any
) -> None:
    _tell(
        message,
        OrderEvent.Kind.STOP,
        f"{_REFUSED} {attempt.outcome}",
        f"{message.message_type} {message.control_id}. {message.error_text}"[:500],
    )


def _replayed(sender: Any, message: InboundMessage, by: User, **_: Any) -> None:
    follow_message(message=message, state=HeldChange.State.REPLAYED, by=by)


def _skipped(sender: Any, message: InboundMessage, by: User, **_: Any) -> None:
    follow_message(message=message, state=HeldChange.State.REJECTED, by=by)


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
