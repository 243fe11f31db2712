"""Draining the inbox: each message applied once, in its order, whatever dies when."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.utils import timezone

from radflow.hl7.acks import HL7Error
from radflow.hl7.message import Message
from radflow.live import services as live
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import InboundMessage, InboundState, Peer
from radflow.messaging.routes import Inbound, handler_for
from radflow.messaging.text import storable, trace

logger = logging.getLogger(__name__)

# Seconds before the next try; after the last the message is parked.
RETRIES = (1, 5, 30, 120, 600)

# The oldest that is due and shares no key with an earlier one that is not done.
# SKIP LOCKED steps over what other workers hold; those still count as not done.
_CLAIM = """
SELECT id FROM messaging_inbound AS mine
WHERE state = 'received' AND next_attempt_at <= now()
  AND NOT EXISTS (
    SELECT 1 FROM messaging_inbound AS earlier
    WHERE earlier.state = 'received' AND earlier.keys && mine.keys
      AND earlier.id < mine.id)
ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""


def drain(limit: int = 1000) -> int:
    """Apply up to `limit` messages; returns how many it took up."""
    for count in range(limit):
        if not drain_one():
            return count
    return limit


def drain_one() -> bool:
    """Take the next message and bring it to an end or to a later try."""
    taken: int | None = None
    try:
        with transaction.atomic():
            taken = _claim()
            if taken is None:
                return False
            _apply(InboundMessage.objects.select_related("peer").get(pk=taken))
    except Parked as parked:
        assert taken is not None  # only a message can be parked
        _park(taken, parked)
    except (OperationalError, InterfaceError, IntegrityError) as error:
        _try_later(taken, error)
    except Exception as error:
        logger.error("inbound message %s not applied: %s", taken, trace(error))
        _try_later(taken, error)
    return True


def _claim() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM)
        row = cursor.fetchone()
    return row[0] if row else None


def _apply(row: InboundMessage) -> None:
    try:
        applied = handler_for(row.message_type).apply(read(row))
    except HL7Error as error:
        raise Parked(error.code, error.text, error.location) from error
    row.state = InboundState.APPLIED
    row.applied_at = timezone.now()
    row.order_ids = list(dict.fromkeys(applied.order_ids))
    row.warnings = [*row.warnings, *(storable(text, 200) for text in applied.warnings)]
    row.error_code = row.error_location = row.error_text = ""
    row.save(
        update_fields=[
            "state",
            "applied_at",
            "order_ids",
            "warnings",
            "error_code",
            "error_location",
            "error_text",
        ]
    )
    live.publish("message", row.pk)


def read(row: InboundMessage) -> Inbound:
    """The row with its message parsed again, as its sender writes it."""
    if row.peer is None:
        raise Parked("103", "The sender is not known. Add it as a peer, then replay.")
    raw = bytes(row.raw)
    message = Message.parse(raw, fallback_charset=row.peer.fallback_charset)
    return Inbound(row, message, row.peer)


@transaction.atomic
def _park(message_id: int, parked: Parked) -> None:
    """Out of the queue, into a human's hands; the sender is told if it listens."""
    row = InboundMessage.objects.select_for_update().get(pk=message_id)
    if row.state != InboundState.RECEIVED:
        # Our claim ended with the rollback; another worker has dealt with it since.
        return
    row.state = InboundState.PARKED
    row.error_code = storable(parked.code, 40)
    row.error_text = storable(parked.text, 300)
    row.error_location = storable(parked.location, 60)
    row.save(update_fields=["state", "error_code", "error_text", "error_location"])
    live.publish("message", row.pk)
    if isinstance(row.peer, Peer):
        _refuse(row, parked)


def _refuse(row: InboundMessage, parked: Parked) -> None:
    """A refusal that cannot be made is logged: the message must leave the queue."""
    try:
        with transaction.atomic():
            handler = handler_for(row.message_type)
            if handler.refuse:
                handler.refuse(read(row), parked)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.error("inbound message %s not refused: %s", row.pk, trace(error))


def _try_later(message_id: int | None, error: Exception) -> None:
    """A dead database is tried again by the next drain; nothing is written then."""
    connection.close_if_unusable_or_obsolete()
    if message_id is None:
        raise error
    row = InboundMessage.objects.only("attempts").get(pk=message_id)
    if row.attempts >= len(RETRIES):
        text = (
            f"It could not be applied in {len(RETRIES) + 1} tries; see the server log"
        )
        _park(message_id, Parked("207", f"{text} for inbound message {message_id}."))
        return
    wait = timedelta(seconds=RETRIES[row.attempts])
    InboundMessage.objects.filter(pk=message_id).update(
        attempts=row.attempts + 1, next_attempt_at=timezone.now() + wait
    )
