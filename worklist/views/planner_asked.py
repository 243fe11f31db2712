"""What the room board was asked to show, as it stands in its address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

_DAYS_OF_A_WEEK = 7


@dataclass(frozen=True)
class Asked:
    """`room_id` is the room of a week, and the one that a phone shows of a day."""

    day: date
    is_week: bool = False
    all_hours: bool = False
    room_id: int | None = None
    modality: str = ""
    page: int = 1

    @property
    def first(self) -> date:
        if not self.is_week:
            return self.day
        return self.day - timedelta(days=self.day.weekday())

    @property
    def days(self) -> list[date]:
        count = _DAYS_OF_A_WEEK if self.is_week else 1
        return [self.first + timedelta(days=n) for n in range(count)]

    @property
    def step(self) -> timedelta:
        return timedelta(days=_DAYS_OF_A_WEEK if self.is_week else 1)

    @property
    def query(self) -> str:
        values = {
            "date": self.day.isoformat(),
            "view": "week" if self.is_week else "",
            "hours": "all" if self.all_hours else "",
            "room": str(self.room_id or ""),
            "modality": self.modality,
            "page": str(self.page) if self.page > 1 else "",
        }
        return urlencode({name: text for name, text in values.items() if text})

    @property
    def address(self) -> str:
        return f"{reverse('worklist:planner')}?{self.query}"

    def but(self, **changes: Any) -> str:
        """The address of the same board with these changed."""
        return replace(self, **changes).address


def read(query: QueryDict) -> Asked:
    """What cannot be understood is as if it had not been said."""
    return Asked(
        day=day_of(query.get("date", "")) or timezone.localdate(),
        is_week=query.get("view") == "week",
        all_hours=query.get("hours") == "all",
        room_id=number(query.get("room", "")),
        modality=_code(query.get("modality", "")),
        page=number(query.get("page", "")) or 1,
    )


def _code(text: str) -> str:
    return text if text.replace("_", "").isalnum() and len(text) <= 16 else ""


def day_of(text: str) -> date | None:
    """Not the first and last years of the calendar: the board leads to the next."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and 1900 <= day.year <= 2200 else None


def number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
