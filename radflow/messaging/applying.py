"""Messages brought to an end: several in one transaction, where none of them fails.

The messages of a batch share no key. If anything about one of them fails, all of it is
rolled back and each is taken by itself, so a neighbour changes nothing of what becomes
of a message.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from enum import Enum

from django.conf import settings
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
)
from django.db.models.functions import Now
from django.utils import timezone, translation

from radflow import unit
from radflow.hl7.acks import HL7Error
from radflow.live import services as live
from radflow.messaging import inbox
from radflow.messaging.contracts.review import review
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import InboundMessage, InboundState, Peer
from radflow.messaging.parking import PARKED_FIELDS, park, put_parked, read
from radflow.messaging.results import tell_applied
from radflow.messaging.routes import handler_for
from radflow.messaging.text import storable, trace

logger = logging.getLogger(__name__)

# Seconds before the next try; after the last the message is parked.
RETRIES = (1, 5, 30, 120, 600)

PEER_SECONDS = 2.0  # how old the settings of a sender may be
# A batch holds many locks and takes them in no order. One worker has one at a time,
# and it gives up long before PostgreSQL would end somebody else's transaction.
BATCH_LOCK = 0x7261_6467
_BEGIN = """
SELECT pg_try_advisory_xact_lock(%s), set_config('lock_timeout', '100ms', true)
"""


class Taken(Enum):
    """What came of reaching for a message: ended, put off, or somebody else's."""

    DONE = 1
    PARKED = 4
    LATER = 2
    MISSED = 3


class Applier:
    """Applies messages by number, for one drain."""

    def __init__(self) -> None:
        self._peers: dict[int, Peer] = {}
        self._peers_read = 0.0

    def take(self, message_ids: Sequence[int]) -> dict[int, Taken]:
        """Bring messages that share no key to an end, or to a later try."""
        if len(message_ids) > 1 and (found := self._take_together(message_ids)):
            return found
        return {one: self._take_one(one) for one in message_ids}

    def _take_together(self, message_ids: Sequence[int]) -> dict[int, Taken] | None:
        """None where it did not work out: nothing is written then."""
        try:
            with unit.work():
                if not _begin_batch():
                    return None
                rows = self._lock(message_ids)
                self._apply(rows)
        except DatabaseError:
            connection.close_if_unusable_or_obsolete()
            return None
        except Exception as error:
            # Logged, counted and told when the message is taken by itself.
            logger.debug("messages are taken one by one: %s", type(error).__name__)
            return None
        done = {row.pk for row in rows}
        return {one: Taken.DONE if one in done else Taken.MISSED for one in message_ids}

    def _take_one(self, message_id: int) -> Taken:
        locked = False
        try:
            with unit.work():
                rows = self._lock([message_id])
                if not rows:
                    return Taken.MISSED
                locked = True
                self._apply(rows)
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

    def _lock(self, message_ids: Sequence[int]) -> list[InboundMessage]:
        """Ours until the transaction ends, and with the connection should we die.

        A lease with a time would keep a killed worker's message waiting until it ran
        out, and let a second worker in beside one that is only slow.
        """
        found = InboundMessage.objects.filter(
            pk__in=message_ids,
            state=InboundState.RECEIVED,
            next_attempt_at__lte=Now(),
        )
        rows = list(found.select_for_update(skip_locked=True).order_by("pk"))
        peers = self._known_peers()
        for row in rows:
            if row.peer_id in peers:
                row.peer = peers[row.peer_id]
        return rows

    def _known_peers(self) -> dict[int, Peer]:
        if time.monotonic() - self._peers_read > PEER_SECONDS:
            self._peers = Peer.objects.in_bulk()
            self._peers_read = time.monotonic()
        return self._peers

    def _apply(self, rows: Sequence[InboundMessage]) -> None:
        for row in rows:
            apply_row(row)
        inbox.mark_applied(rows)
        for row in rows:
            if row.state == InboundState.PARKED:
                row.save(update_fields=PARKED_FIELDS)


def _begin_batch() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [BATCH_LOCK])
        return bool(cursor.fetchone()[0])


def apply_row(row: InboundMessage) -> None:
    """All but writing the row itself; what is kept is in the language of the site."""
    with translation.override(settings.LANGUAGE_CODE):
        _apply(row)


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
    tell_applied(inbound, applied.response)
    if applied.refused:
        put_parked(row, applied.refused)
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
