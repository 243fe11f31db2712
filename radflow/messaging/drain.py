"""Draining the inbox: each message applied once, in its order, whatever dies when."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from radflow.messaging.applying import Applier, Taken
from radflow.messaging.routes import own

WINDOW = 1000
BATCH = 16

# One statement, so one snapshot: whoever sees a message sees what its sender sent
# before. Ordered by a partial index, so its cost does not hang on statistics.
_WAITING = """
SELECT row.id, row.keys, row.peer_id,
  row.next_attempt_at <= now() AND peer.applying_paused_at IS NULL, row.attempts = 0
FROM messaging_inbound AS row LEFT JOIN messaging_peer AS peer ON peer.id = row.peer_id
WHERE row.state = 'received' ORDER BY row.id LIMIT %s
"""
# Number, keys, sender, whether it is due, and whether it never failed.
Waiting = tuple[int, list[str], int | None, bool, bool]

# What is parked and holds others back: few, found by an index of their own.
_HOLDING = """
SELECT id, keys, peer_id FROM messaging_inbound WHERE holds ORDER BY id DESC
"""
# A key of one sender: two may give the same number to orders of their own.
Owned = tuple[int | None, str]


def drain(limit: int = 1000) -> int:
    """Apply up to `limit` messages; returns how many it took up."""
    count = 0
    applier = Applier()
    while count < limit:
        queue = _waiting(WINDOW)
        found = _Walk(applier, limit - count).walk(queue)
        if not found and len(queue) == WINDOW:
            found = _Walk(applier, limit - count).walk(_waiting(None))
        if not found:
            break
        count += found
    return count


def _waiting(limit: int | None) -> list[Waiting]:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [limit])
        queue: list[Waiting] = cursor.fetchall()
        return queue


def _holders() -> dict[Owned, int]:
    """By sender and key the oldest parked message that holds it."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDING)
        return {
            (peer_id, key): number
            for number, keys, peer_id in cursor.fetchall()
            for key in own(keys)
        }


class _Walk:
    """From old to new, past every key of which an earlier message is not done.

    What another worker holds counts as not done, however it ended since: then the
    next walk sees it.
    """

    def __init__(self, applier: Applier, limit: int) -> None:
        self._applier = applier
        self._limit = limit
        self._count = 0
        self._held: set[str] = set()
        self._holders = _holders()
        self._batch: dict[int, list[str]] = {}
        self._batch_keys: set[str] = set()

    def walk(self, queue: Sequence[Waiting]) -> int:
        for message_id, keys, peer_id, due, is_fresh in queue:
            if not is_fresh or not self._batch_keys.isdisjoint(keys):
                self._take()
            if self._count + len(self._batch) >= self._limit:
                self._take()
                if self._count >= self._limit:
                    break
            self._meet(message_id, keys, peer_id, due)
            if len(self._batch) >= BATCH or not is_fresh:
                self._take()
        self._take()
        return self._count

    def _meet(
        self, message_id: int, keys: list[str], peer_id: int | None, due: bool
    ) -> None:
        """Choose it, or hold back what comes after it."""
        mine = own(keys)
        holders = [self._holders.get((peer_id, key), message_id) for key in mine]
        if min(holders, default=message_id) < message_id:
            self._held.update(mine)
        elif due and self._held.isdisjoint(keys):
            self._batch[message_id] = keys
            self._batch_keys.update(keys)
        else:
            self._held.update(keys)

    def _take(self) -> None:
        batch, self._batch, self._batch_keys = self._batch, {}, set()
        for message_id, taken in self._applier.take(list(batch)).items():
            self._count += taken is not Taken.MISSED
            if taken is Taken.PARKED:
                self._holders = _holders()
            if taken in (Taken.LATER, Taken.MISSED):
                self._held.update(batch[message_id])
