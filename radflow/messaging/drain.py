"""Draining the inbox: each message applied once, in its order, whatever dies when."""

from __future__ import annotations

import logging
from datetime import timedelta
from enum import Enum

from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
)
from django.db.models.functions import Now
from django.utils import timezone

from radflow import unit
from radflow.hl7.acks import HL7Error
from radflow.live import services as live
from radflow.messaging.contracts.review import review
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import InboundMessage, InboundState
from radflow.messaging.parking import park, read
from radflow.messaging.results import tell_applied
from radflow.messaging.routes import handler_for, own
from radflow.messaging.text import storable, trace

logger = logging.getLogger(__name__)

# Seconds before the next try; after the last the message is parked.
RETRIES = (1, 5, 30, 120, 600)

WINDOW = 1000

# One statement, so one snapshot: whoever sees a message sees what its sender sent
# before. Ordered by a partial index, so its cost does not hang on statistics.
_WAITING = """
SELECT row.id, row.keys,
  row.next_attempt_at <= now() AND peer.applying_paused_at IS NULL
FROM messaging_inbound AS row LEFT JOIN messaging_peer AS peer ON peer.id = row.peer_id
WHERE row.state = 'received' ORDER BY row.id LIMIT %s
"""
Waiting = tuple[int, list[str], bool]

# What is parked and holds others back: few, found by an index of their own.
_HOLDING = "SELECT id, keys FROM messaging_inbound WHERE holds ORDER BY id DESC"


class Taken(Enum):
    """What came of reaching for a message: ended, put off, or somebody else's."""

    DONE = 1
    PARKED = 4
    LATER = 2
    MISSED = 3


def drain(limit: int = 1000) -> int:
    """Apply up to `limit` messages; returns how many it took up."""
    count = 0
    while count < limit:
        queue = _waiting(WINDOW)
        found = _walk(queue, limit - count)
        if not found and len(queue) == WINDOW:
            found = _walk(_waiting(None), limit - count)
        if not found:
            break
        count += found
    return count


def _waiting(limit: int | None) -> list[Waiting]:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [limit])
        queue: list[Waiting] = cursor.fetchall()
        return queue


def _walk(queue: list[Waiting], limit: int) -> int:
    """From old to new, past every key of which an earlier message is not done.

    What another worker holds counts as not done, however it ended since: then the
    next walk sees it.
    """
    count = 0
    held: set[str] = set()
    holders = _holders()
    for message_id, keys, due in queue:
        if count == limit:
            break
        if any(holders.get(key, message_id) < message_id for key in own(keys)):
            held.update(own(keys))
            continue
        if due and held.isdisjoint(keys):
            taken = _take(message_id)
            count += taken is not Taken.MISSED
            if taken is Taken.PARKED:
                holders = _holders()
            if taken in (Taken.DONE, Taken.PARKED):
                continue
        held.update(keys)
    return count


def _holders() -> dict[str, int]:
    """By key the oldest parked message that holds it."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDING)
        return {key: number for number, keys in cursor.fetchall() for key in own(keys)}


def _take(message_id: int) -> Taken:
    """Bring this message to an end, or to a later try."""
    locked = False
    try:
        with unit.work():
            row = _lock(message_id)
            if row is None:
                return Taken.MISSED
            locked = True
            _apply(row)
    except Parked as parked:
        park(message_id, parked)
        return Taken.PARKED
    except (OperationalError, InterfaceError, IntegrityError) as error:
        if not locked:
            raise
        return _try_later(message_id, error)
    except Exception as error:
        logger.error("inbound message %s not applied: %s", message_id, trace(error))
        return _try_later(message_id, error)
    return Taken.DONE


def _lock(message_id: int) -> InboundMessage | None:
    found = InboundMessage.objects.select_related("peer").filter(
        pk=message_id, state=InboundState.RECEIVED, next_attempt_at__lte=Now()
    )
    return found.select_for_update(of=("self",), skip_locked=True).first()


def _apply(row: InboundMessage) -> None:
    try:
        inbound = read(row)
        noticed = review(inbound)
        applied = handler_for(row.message_type).apply(inbound)
    except HL7Error as error:
        raise Parked(error.code, error.text, error.location) from error
    row.state = InboundState.APPLIED
    row.applied_at = timezone.now()
    row.order_ids = list(dict.fromkeys(applied.order_ids))
    told = (storable(text, 200) for text in (*noticed, *applied.warnings))
    row.warnings = [*row.warnings, *told]
    row.error_code = row.error_location = row.error_text = ""
    tell_applied(inbound, applied.response)
    row.save(
        update_fields=[
            "state",
            "applied_at",
            "order_ids",
            "warnings",
            "error_code",
            "error_location",
            "error_text",
            "ack_code",
            "ack_raw",
        ]
    )
    live.publish("message", row.pk)


def _try_later(message_id: int, error: Exception) -> Taken:
    """A dead database is tried again by the next drain; nothing is written then."""
    connection.close_if_unusable_or_obsolete()
    row = InboundMessage.objects.only("attempts").get(pk=message_id)
    if row.attempts >= len(RETRIES):
        logger.error("inbound message %s given up: %s", message_id, trace(error))
        text = (
            f"It could not be applied in {len(RETRIES) + 1} tries; see the server log"
        )
        park(message_id, Parked("207", f"{text} for inbound message {message_id}."))
        return Taken.PARKED
    wait = timedelta(seconds=RETRIES[row.attempts])
    InboundMessage.objects.filter(pk=message_id, state=InboundState.RECEIVED).update(
        attempts=row.attempts + 1, next_attempt_at=timezone.now() + wait
    )
    return Taken.LATER
