"""When rooms are open: weekly hours by the site's clock, as spans of real time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worklist.models import Room, RoomHours


@dataclass(frozen=True)
class Span:
    """[start, end), aware."""

    start: datetime
    end: datetime

    def overlaps(self, start: datetime, end: datetime) -> bool:
        return self.start < end and start < self.end

    def covers(self, start: datetime, end: datetime) -> bool:
        return self.start <= start and end <= self.end


def open_spans(rooms: Iterable[Room], window: Span) -> dict[int, list[Span] | None]:
    """Each room's open spans that touch the window; None: the room is always open.

    What closes at the minute when the next interval opens is one span, also across
    midnight.
    """
    wanted = {room.pk: room for room in rooms}
    kept: dict[int, list[RoomHours]] = {}
    for hours in RoomHours.objects.filter(room_id__in=wanted):
        kept.setdefault(hours.room_id, []).append(hours)
    return {
        pk: _joined(_spans(kept[pk], room.site.zone, window)) if pk in kept else None
        for pk, room in wanted.items()
    }


def _spans(hours: list[RoomHours], zone: ZoneInfo, window: Span) -> Iterator[Span]:
    """From the day before: its evening may reach into the window."""
    day = window.start.astimezone(zone).date() - timedelta(days=1)
    last = window.end.astimezone(zone).date()
    while day <= last:
        for one in hours:
            if one.weekday == day.weekday():
                span = span_on(day, one.opens, one.closes, zone)
                if span.overlaps(window.start, window.end):
                    yield span
        day += timedelta(days=1)


def daily_spans(zone: ZoneInfo, window: Span, opens: time, closes: time) -> list[Span]:
    """The same hours on every day."""
    day = window.start.astimezone(zone).date() - timedelta(days=1)
    spans = []
    while day <= window.end.astimezone(zone).date():
        spans.append(span_on(day, opens, closes, zone))
        day += timedelta(days=1)
    return [span for span in spans if span.overlaps(window.start, window.end)]


def span_on(day: date, opens: time, closes: time, zone: ZoneInfo) -> Span:
    """From the clock's `opens` to its next `closes`.

    An hour that comes twice is open both times; one that is left out ends as long
    after the opening as on other days.
    """
    until = day if closes > opens else day + timedelta(days=1)
    start = datetime.combine(day, opens, zone)
    end = datetime.combine(until, closes, zone)
    ends = (end.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return Span(start.astimezone(UTC), max(ends))


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if joined and span.start <= joined[-1].end:
            last = joined.pop()
            span = Span(last.start, max(last.end, span.end))
        joined.append(span)
    return joined


def closed_spans(spans: list[Span] | None, window: Span) -> list[Span]:
    """What of the window the open spans leave."""
    if spans is None:
        return []
    closed = []
    start = window.start
    for span in spans:
        if start < span.start:
            closed.append(Span(start, span.start))
        start = max(start, span.end)
    if start < window.end:
        closed.append(Span(start, window.end))
    return closed
