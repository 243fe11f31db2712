"""When rooms take nobody: what the room board shows hatched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from worklist.models import Room
from worklist.selectors.hours import Span
from worklist.selectors.obstacles import shut_obstacles
from worklist.selectors.schedule import day_range


@dataclass(frozen=True)
class ClosedSpan:
    """[start, end), aware; `label` says why, in the reader's language."""

    room_id: int
    start: datetime
    end: datetime
    label: str


def closed_spans(rooms: Sequence[Room], day: date) -> list[ClosedSpan]:
    """Outside their hours, and blocked: of a day by the page's clock."""
    window = day_range(day)
    shut = shut_obstacles(rooms, Span(window.lower, window.upper))
    return [
        ClosedSpan(room_id, each.span.start, each.span.end, each.text)
        for room_id, found in shut.items()
        for each in found
    ]
