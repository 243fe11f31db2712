"""What the tables say of every channel, in few queries that read no old rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop

MINUTES = 60
FAILED = (
    gettext_noop("unreachable"),
    gettext_noop("timeout"),
    gettext_noop("mismatch"),
)

# A range of one peer, so that its own index is read and not the whole table from its
# end, which takes long for a peer that has been quiet.
_INBOUND = """
WITH open AS (
  SELECT peer_id,
    count(*) FILTER (WHERE state = 'received') AS queue,
    min(received_at) FILTER (WHERE state = 'received') AS oldest_at,
    count(*) FILTER (WHERE state = 'parked') AS errors,
    count(*) FILTER (WHERE state = 'parked' AND received_at > %(hour)s) AS recent
  FROM messaging_inbound WHERE state IN ('received', 'parked') GROUP BY peer_id)
SELECT peer.id, last.received_at, coalesce(open.queue, 0), open.oldest_at,
  coalesce(open.errors, 0), coalesce(open.recent, 0), 0, '', NULL
FROM messaging_peer AS peer LEFT JOIN open ON open.peer_id = peer.id
LEFT JOIN LATERAL (
  SELECT received_at FROM messaging_inbound
  WHERE peer_id >= peer.id AND peer_id <= peer.id
  ORDER BY peer_id, id DESC LIMIT 1) AS last ON true
"""
# A receiver fails while the youngest try among its open messages failed.
_OUTBOUND = """
WITH open AS (
  SELECT peer_id,
    count(*) FILTER (WHERE state IN ('queued', 'sent')) AS queue,
    min(created_at) FILTER (WHERE state IN ('queued', 'sent')) AS oldest_at,
    min(accepted_at) FILTER (WHERE state = 'accepted') AS accepted_at,
    count(*) FILTER (WHERE state = 'refused') AS errors,
    count(*) FILTER (WHERE state = 'refused' AND created_at > %(hour)s) AS recent
  FROM messaging_outbound WHERE state IN ('queued', 'sent', 'accepted', 'refused')
  GROUP BY peer_id)
SELECT peer.id, last.at, coalesce(open.queue, 0), open.oldest_at,
  coalesce(open.errors, 0), coalesce(open.recent, 0),
  coalesce(try.attempts, 0), coalesce(try.outcome, ''),
  open.accepted_at
FROM messaging_peer AS peer LEFT JOIN open ON open.peer_id = peer.id
LEFT JOIN LATERAL (
  SELECT coalesce(accepted_at, acknowledged_at) AS at FROM messaging_outbound
  WHERE peer_id >= peer.id AND peer_id <= peer.id
  AND coalesce(accepted_at, acknowledged_at) IS NOT NULL
  ORDER BY peer_id, id DESC LIMIT 1) AS last ON true
LEFT JOIN LATERAL (
  SELECT message.attempts, attempt.outcome
  FROM messaging_outbound AS message
  JOIN messaging_attempt AS attempt ON attempt.message_id = message.id
  WHERE message.peer_id = peer.id AND message.state = 'sent'
  ORDER BY attempt.id DESC LIMIT 1) AS try ON true
"""
_PER_MINUTE = """
SELECT peer_id, floor(extract(epoch FROM %(now)s - {at}) / 60)::int, count(*)
FROM {table} WHERE {at} > %(hour)s AND {at} <= %(now)s AND {also}
GROUP BY 1, 2
"""
_HEARD = _PER_MINUTE.format(
    at="received_at", table="messaging_inbound", also="peer_id IS NOT NULL"
)
_DELIVERED = _PER_MINUTE.format(
    at="created_at",
    table="messaging_outbound",
    also="state IN ('accepted', 'acknowledged', 'refused')",
)


@dataclass(frozen=True)
class Figures:
    """One direction of one peer; `minutes` counts messages, the oldest minute first.

    `attempts` and `outcome` are of the youngest try that did not end its message,
    `accepted_at` of the oldest whose result is awaited.
    """

    last_at: datetime | None = None
    queue: int = 0
    oldest_at: datetime | None = None
    errors: int = 0
    recent_errors: int = 0
    attempts: int = 0
    outcome: str = ""
    accepted_at: datetime | None = None
    minutes: tuple[int, ...] = (0,) * MINUTES

    @property
    def fails(self) -> bool:
        """More than once: one lost connection is no fault yet."""
        return self.attempts > 1 and self.outcome in FAILED


def inbound_figures(now: datetime) -> dict[int, Figures]:
    return _figures(_INBOUND, _HEARD, now)


def outbound_figures(now: datetime) -> dict[int, Figures]:
    return _figures(_OUTBOUND, _DELIVERED, now)


def _figures(states: str, counts: str, now: datetime) -> dict[int, Figures]:
    values = {"now": now, "hour": now - timedelta(minutes=MINUTES)}
    minutes: dict[int, list[int]] = {}
    for peer_id, ago, count in _rows(counts, values):
        per_minute = minutes.setdefault(peer_id, [0] * MINUTES)
        per_minute[MINUTES - 1 - min(ago, MINUTES - 1)] = count
    none = Figures().minutes
    return {
        peer_id: replace(Figures(*rest), minutes=tuple(minutes.get(peer_id, none)))
        for peer_id, *rest in _rows(states, values)
    }


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
