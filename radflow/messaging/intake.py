"""Receiving: check, commit, then answer. Several messages share one commit.

The answer is stored with the row, so a repeated message gets the very same bytes.
No row, no positive answer: a database that refuses is told to the sender as AR 207,
"try again later".
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress

from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
)

from radflow.messaging import envelopes, nudge
from radflow.messaging.arrivals import (
    Pending,
    Received,
    Reply,
    reply_of,
    row_of,
    store,
)
from radflow.messaging.checks import examine
from radflow.messaging.models import InboundMessage, Peer
from radflow.messaging.replies import try_later

__all__ = ["Intake", "Pending", "Received", "Reply"]

logger = logging.getLogger(__name__)

PEER_SECONDS = 2.0  # how old the list of peers may be
_LOOKS = 3
_AWAY = (OperationalError, InterfaceError)


class Intake:
    """Takes batches; owned by one thread, which owns the database connection."""

    def __init__(self) -> None:
        self._peers: list[Peer] = []
        self._peers_read = 0.0

    def receive(self, batch: list[Received]) -> list[Reply]:
        """Commit the batch and give the answers, in order; None answers an ACK."""
        try:
            answers = self._commit_or_retry(batch)
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            if len(batch) > 1 and not isinstance(error, _AWAY):
                # The row that it refuses must not spoil its neighbours.
                return [self.receive([one])[0] for one in batch]
            logger.error("inbox not written: %s", type(error).__name__)
            return [try_later(one.raw) for one in batch]
        nudge.now(nudge.DRAIN)
        nudge.now(nudge.BROWSERS)
        return answers

    def _commit_or_retry(self, batch: list[Received]) -> list[Reply]:
        """Once more, where looking again helps.

        Two listeners may get one message at once: the second finds the first's row.
        A connection that died is replaced; should the lost commit have succeeded, the
        batch finds its own rows and repeats their answers.
        """
        try:
            return self._commit(batch)
        except IntegrityError:
            return self._commit_again(batch)
        except _AWAY:
            connection.close()
            return self._commit(batch)

    def _commit_again(self, batch: list[Received]) -> list[Reply]:
        """Several listeners may each win one message of the batch."""
        for _ in range(_LOOKS):
            with suppress(IntegrityError):
                return self._commit(batch)
        return self._commit(batch)

    def _commit(self, batch: list[Received]) -> list[Reply]:
        """Blocks that hold batches of messages have a transaction of their own each."""
        if not any(envelopes.is_batch(one.raw) for one in batch):
            return self._commit_messages(batch)
        answers: list[Reply] = []
        for one in batch:
            if envelopes.is_batch(one.raw):
                answers.append(envelopes.receive(one, self._rows))
            else:
                answers += self._commit_messages([one])
        return answers

    def _commit_messages(self, batch: list[Received]) -> list[Reply]:
        rows = self._rows(batch)
        store(rows)
        return [reply_of(row) for row in rows]

    def _rows(self, batch: list[Received]) -> list[InboundMessage]:
        peers = self._known_peers()
        return [row_of(one, examine(one.raw, peers, one.origin)) for one in batch]

    def _known_peers(self) -> list[Peer]:
        if time.monotonic() - self._peers_read > PEER_SECONDS:
            self._peers = list(Peer.objects.select_related("listener"))
            self._peers_read = time.monotonic()
        return self._peers
