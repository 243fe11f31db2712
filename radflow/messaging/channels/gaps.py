"""How long a sender may be silent: by hour of the week, learned from what it did.

The gap that counts is the one that begins with a message, in the hour of that message:
what follows the last message before the night is the night.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from radflow.messaging.models import Peer

WEEKS = 8
FACTOR = 2.0
FLOOR_SECONDS = 300
ENOUGH_MESSAGES, ENOUGH_WEEKS = 20, 2
HOURS = 168
RELEARN = timedelta(hours=6)

# The longest gap of each week, of those the upper quartile: one outage among eight
# weeks does not become what is normal.
_SEEN = """
WITH heard AS (
  SELECT message.peer_id, message.received_at AT TIME ZONE peer.time_zone AS local,
    extract(epoch FROM lead(message.received_at) OVER (
      PARTITION BY message.peer_id ORDER BY message.received_at
    ) - message.received_at) AS gap
  FROM messaging_inbound AS message
  JOIN messaging_peer AS peer ON peer.id = message.peer_id
  WHERE message.received_at > %s AND message.received_at <= %s
), weekly AS (
  SELECT peer_id, (extract(isodow FROM local)::int - 1) * 24
    + extract(hour FROM local)::int AS hour,
    date_trunc('week', local) AS week, count(*) AS messages, max(gap) AS longest
  FROM heard WHERE gap IS NOT NULL GROUP BY 1, 2, 3
)
SELECT peer_id, hour, sum(messages)::int, count(*)::int,
  percentile_cont(0.75) WITHIN GROUP (ORDER BY longest::float8)
FROM weekly GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Seen:
    """What one hour of the week showed: messages, weeks with any, longest gap."""

    messages: int
    weeks: int
    gap: float

    @property
    def is_enough(self) -> bool:
        return self.messages >= ENOUGH_MESSAGES and self.weeks >= ENOUGH_WEEKS


def learn_gaps_again() -> int:
    """Once in some hours, whoever asks: beat, the clock, or both."""
    now = timezone.now()
    if Peer.objects.filter(learned_at__gt=now - RELEARN).exists():
        return 0
    return learn_gaps(now)


def learn_gaps(now: datetime) -> int:
    """Learn the gaps of every sender anew; returns how many senders have any."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [now - timedelta(weeks=WEEKS), now])
        seen: dict[int, dict[int, Seen]] = {}
        for peer_id, hour, *values in cursor.fetchall():
            seen.setdefault(peer_id, {})[hour] = Seen(*values)
    for peer_id, by_hour in seen.items():
        gaps = _gaps(by_hour)
        learned = gaps if any(gaps) else []
        Peer.objects.filter(pk=peer_id).update(learned_gaps=learned, learned_at=now)
    return len(seen)


def _gaps(by_hour: dict[int, Seen]) -> list[int]:
    return [_gap(_seen_at(hour, by_hour)) for hour in range(HOURS)]


def _seen_at(hour: int, by_hour: dict[int, Seen]) -> Seen | None:
    """This hour of the week, else the same hour of like days (week or week-end)."""
    own = by_hour.get(hour)
    if own and own.is_enough:
        return own
    like = range(5) if hour // 24 < 5 else range(5, 7)
    return _together(by_hour.get(day * 24 + hour % 24) for day in like)


def _together(found: Iterable[Seen | None]) -> Seen | None:
    known = [seen for seen in found if seen]
    if not known:
        return None
    messages = sum(seen.messages for seen in known)
    average = sum(seen.gap * seen.messages for seen in known) / messages
    return Seen(messages, max(seen.weeks for seen in known), average)


def _gap(seen: Seen | None) -> int:
    """Zero: nothing can be expected."""
    if seen is None or not seen.is_enough:
        return 0
    return max(FLOOR_SECONDS, round(seen.gap * FACTOR))


def allowed_gap(peer: Peer, last: datetime) -> timedelta | None:
    """How long after `last` the next one must come; None: any silence is fine."""
    if peer.allowed_gap is not None:
        return timedelta(minutes=peer.allowed_gap) or None
    if not peer.learned_gaps:
        return None
    local = last.astimezone(ZoneInfo(peer.time_zone))
    return (
        timedelta(seconds=peer.learned_gaps[local.weekday() * 24 + local.hour]) or None
    )
