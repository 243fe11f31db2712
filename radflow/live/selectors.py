from __future__ import annotations

from typing import TypedDict

from channels.db import database_sync_to_async
from django.db import connection
from django.db.models import Max

from radflow.live.models import LiveEvent
from radflow.live.services import give_numbers

BATCH = 500
_COMMITTED = """SELECT coalesce((SELECT max(seq) FROM live_event), 0),
    (SELECT count(*) FROM live_event WHERE seq IS NULL)"""


class Hint(TypedDict):
    """One frame of the live socket; `at` is ISO 8601 in UTC."""

    seq: int
    topic: str
    id: int
    version: int
    at: str


def last_seq() -> int:
    """The newest number given; a page starts its cursor here."""
    return LiveEvent.objects.aggregate(last=Max("seq"))["last"] or 0


def committed() -> tuple[int, int]:
    """Another value after every commit that leaves an event: to keep answers by.

    Asked before the answer is read, the answer is never older than the value.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COMMITTED)  # one statement: both of one moment
        last, waiting = cursor.fetchone()
    return last, waiting


def newest_seq() -> int:
    """The number of the newest event; who listens from now on starts here.

    While nobody listened nobody gave numbers: that is done first, or who comes then
    would hear all of it as news.
    """
    _number_committed()
    return last_seq()


def events_after(seq: int) -> list[Hint]:
    """Up to 500 events in commit order; first gives numbers to what has committed."""
    _number_committed()
    rows = LiveEvent.objects.filter(seq__gt=seq).order_by("seq")[:BATCH]
    return [_hint(row) for row in rows]


def _number_committed() -> None:
    if LiveEvent.objects.filter(seq=None).exists():
        give_numbers()


def _hint(row: LiveEvent) -> Hint:
    assert row.seq is not None
    return Hint(
        seq=row.seq,
        topic=row.topic,
        id=row.object_id,
        version=row.version,
        at=row.at.isoformat(),
    )


newest_seq_async = database_sync_to_async(newest_seq)
events_after_async = database_sync_to_async(events_after)
