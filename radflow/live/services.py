"""Publishing hints: rows in the caller's transaction, numbers after its commit.

Readers give the numbers (selectors.events_after), so a writer only wakes them.
"""

from __future__ import annotations

from django.db import connection, transaction

from radflow import unit
from radflow.live.models import LiveEvent
from radflow.live.wake import wake

SEQUENCER_LOCK = 0x7261_6466  # one number-giver at a time, in the whole cluster

_NUMBER = """
WITH last AS (SELECT coalesce(max(seq), 0) AS seq FROM live_event),
     fresh AS (SELECT id, row_number() OVER (ORDER BY id) AS n
               FROM live_event WHERE seq IS NULL)
UPDATE live_event SET seq = last.seq + fresh.n
FROM fresh, last WHERE live_event.id = fresh.id
"""


def publish(topic: str, object_id: int, version: int = 0) -> None:
    """Queue a hint with the surrounding transaction; readers wake once it commits."""
    hint = LiveEvent(topic=topic, object_id=object_id, version=version)
    unit.add(hint, key=(topic, object_id))
    if not any(wake in waiting for waiting in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)


def give_numbers() -> int:
    """Give sequence numbers in commit order; returns how many were given.

    The lock is held until commit, so the next giver's numbers become visible only
    after ours: a reader of `seq > cursor` never sees 8 before 7.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
        cursor.execute(_NUMBER)
        return int(cursor.rowcount)
