"""Sending the outbox: in order per peer and key, the same bytes until acknowledged.

A message is leased and marked `sent` in a transaction of its own before a byte
leaves, and only a matching positive acknowledgement ends it. A worker that dies in
between leaves a lease that runs out: the message is sent again, byte for byte with
its control ID, so the receiver can tell. After a positive ACK it is never sent.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from radflow.hl7.acks import Ack, HL7Error, read_ack
from radflow.hl7.client import MLLPClient, MLLPError, MLLPTimeout
from radflow.hl7.header import peek
from radflow.live import services as live
from radflow.messaging import signals
from radflow.messaging.backoff import pause_after
from radflow.messaging.destinations import connection_to
from radflow.messaging.models import (
    DeliveryAttempt,
    OutboundMessage,
    OutboundState,
    Peer,
)
from radflow.messaging.services import ALWAYS
from radflow.messaging.text import storable, trace

logger = logging.getLogger(__name__)

ERROR_TRIES = 5
LEASE_SLACK = timedelta(seconds=20)

# Per peer the oldest open message that is due and the first of its key; a refused one
# blocks its key until a human resends or discards it. One lease per peer: a receiver
# that does not answer holds up one worker, not all. Where two take a lease at the same
# moment nothing breaks: they have different keys.
_CLAIM = """
SELECT due.id
FROM messaging_peer AS peer CROSS JOIN LATERAL (
  SELECT mine.id FROM messaging_outbound AS mine
  WHERE mine.peer_id = peer.id AND mine.state IN ('queued', 'sent')
    AND mine.next_attempt_at <= now()
    AND (mine.leased_until IS NULL OR mine.leased_until < now())
    AND NOT EXISTS (
      SELECT 1 FROM messaging_outbound AS earlier
      WHERE earlier.peer_id = mine.peer_id AND earlier.key = mine.key
        AND earlier.id < mine.id AND earlier.state IN ('queued', 'sent', 'refused'))
  ORDER BY mine.id LIMIT 1 FOR UPDATE SKIP LOCKED
) AS due
WHERE peer.enabled AND peer.retry_at <= now()
  AND (peer.sending_paused_at IS NULL OR due.id <= peer.drain_until)
  AND NOT EXISTS (
  SELECT 1 FROM messaging_outbound AS busy
  WHERE busy.peer_id = peer.id AND busy.leased_until > now())
ORDER BY due.id LIMIT 1
"""
_SETTLED = (
    "state",
    "leased_until",
    "next_attempt_at",
    "acknowledged_at",
    "ack_code",
    "ack_raw",
    "error_code",
    "error_location",
    "error_text",
)


@dataclass(frozen=True)
class Try:
    """What one attempt brought: `outcome` as in DeliveryAttempt."""

    outcome: str
    response: bytes = b""
    ack: Ack | None = None


def relay(limit: int = 1000) -> int:
    """Send up to `limit` messages; returns how many were tried."""
    for count in range(limit):
        message = _lease()
        if message is None:
            return count
        started = timezone.now()
        _settle(message, _deliver(message), started)
    return limit


@transaction.atomic
def _lease() -> OutboundMessage | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM)
        found = cursor.fetchone()
    if found is None:
        return None
    message = OutboundMessage.objects.select_related("peer").get(pk=found[0])
    wait = timedelta(seconds=message.peer.ack_timeout * 2) + LEASE_SLACK
    message.leased_until = timezone.now() + wait
    message.state = OutboundState.SENT
    message.attempts += 1
    message.save(update_fields=["leased_until", "state", "attempts"])
    return message


def _deliver(message: OutboundMessage) -> Try:
    try:
        with connection_to(message.peer) as client:
            return _exchange(client, message)
    except MLLPTimeout:
        return Try("timeout")
    except MLLPError:
        return Try("unreachable")
    except Exception as error:
        # Such as a host that is no name: one peer's fault must not stop the others.
        logger.error("outbound message %s not sent: %s", message.pk, trace(error))
        return Try("unreachable")


def _exchange(client: MLLPClient, message: OutboundMessage) -> Try:
    response = client.send(bytes(message.raw))
    try:
        ack = read_ack(response)
    except HL7Error:
        client.close()
        return Try("mismatch", response)
    if ack.control_id != message.control_id:
        # Whatever this answers, it is not this message: start afresh.
        client.close()
        return Try("mismatch", response, ack)
    return Try(storable(ack.code, 20) or "mismatch", response, ack)


@transaction.atomic
def _settle(message: OutboundMessage, tried: Try, started: datetime) -> None:
    """Record the attempt; the lease is the fence: a later holder decides alone."""
    held = OutboundMessage.objects.select_for_update().get(pk=message.pk)
    attempt = DeliveryAttempt.objects.create(
        message=held,
        started_at=started,
        outcome=tried.outcome,
        response=tried.response,
    )
    if held.attempts != message.attempts or held.state != OutboundState.SENT:
        return
    held.leased_until = None
    if tried.outcome == "CA" and _awaits_result(held):
        _accept(held, tried)
    elif tried.outcome in ("AA", "CA"):
        _acknowledge(held, tried)
        signals.message_acknowledged.send(
            OutboundMessage, message=held, attempt=attempt
        )
    elif tried.outcome in ("AR", "CR") or _gave_up(held, tried):
        _refuse(held, tried)
        signals.message_refused.send(OutboundMessage, message=held, attempt=attempt)
    else:
        _retry(held)
        if tried.outcome in ("unreachable", "timeout"):
            _put_off_peer(held)
    live.publish("message", held.pk)


def _awaits_result(message: OutboundMessage) -> bool:
    """As the frozen header asked (MSH-16), whatever the peer is set to since."""
    header = peek(bytes(message.raw))
    return header is not None and header.field(16) == ALWAYS


def _accept(message: OutboundMessage, tried: Try) -> None:
    """Stored over there; what became of it comes as a message of its own."""
    message.state = OutboundState.ACCEPTED
    message.accepted_at = timezone.now()
    message.ack_code, message.ack_raw = tried.outcome, tried.response
    message.save(update_fields=[*_SETTLED, "accepted_at"])


def _acknowledge(message: OutboundMessage, tried: Try) -> None:
    message.state = OutboundState.ACKNOWLEDGED
    message.acknowledged_at = timezone.now()
    message.ack_code, message.ack_raw = tried.outcome, tried.response
    message.error_code = message.error_location = message.error_text = ""
    message.save(update_fields=_SETTLED)


def _gave_up(message: OutboundMessage, tried: Try) -> bool:
    """AE a few times over; a peer that cannot be reached is tried for ever."""
    if tried.outcome not in ("AE", "CE"):
        return False
    errors = _tries(message).filter(outcome__in=["AE", "CE"])
    return errors.count() >= ERROR_TRIES


def _tries(message: OutboundMessage) -> QuerySet[DeliveryAttempt]:
    """Those since a person sent it again, or all."""
    if message.resent_at is None:
        return message.tries.all()
    return message.tries.filter(started_at__gte=message.resent_at)


def _refuse(message: OutboundMessage, tried: Try) -> None:
    message.state = OutboundState.REFUSED
    message.ack_code, message.ack_raw = tried.outcome, tried.response
    if tried.ack:
        message.error_code = storable(tried.ack.error_code, 40)
        message.error_location = storable(tried.ack.error_location, 60)
        message.error_text = storable(tried.ack.text, 300)
    message.save(update_fields=_SETTLED)


def _retry(message: OutboundMessage) -> None:
    pause = pause_after(_tries(message).count())
    message.next_attempt_at = timezone.now() + pause
    message.save(update_fields=_SETTLED)


def _put_off_peer(message: OutboundMessage) -> None:
    """Who cannot be reached is tried once a round, or others would wait for it."""
    Peer.objects.filter(pk=message.peer_id).update(retry_at=message.next_attempt_at)
