"""A day in a week far enough ahead that no clock reaches it, and what fills it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from orders.cause import Cause
from orders.models import Order, Procedure
from tests.factories import make_order
from worklist.models import Room, RoomHours, ScheduledStep
from worklist.services import book_step

DESK = Cause(actor="desk")


def monday(hour: int = 10, minute: int = 0, *, days: int = 0) -> datetime:
    """Of the week after next, UTC."""
    today = timezone.now().astimezone(UTC).date()
    day = today + timedelta(days=14 - today.weekday() + days)
    return datetime.combine(day, time(hour, minute), UTC)


def book(
    room: Room, start: datetime, order: Order | None = None, **more: Any
) -> ScheduledStep:
    order = order or make_order()
    return book_step(
        order_id=order.pk, room_id=room.pk, start=start, **{"cause": DESK, **more}
    )


def open_on(room: Room, weekday: int, opens: str, closes: str) -> None:
    RoomHours.objects.create(
        room=room,
        weekday=weekday,
        opens=time.fromisoformat(opens),
        closes=time.fromisoformat(closes),
    )


def procedure(code: str, **values: Any) -> Procedure:
    known = {"text": f"CT {code}", "modality": "CT", **values}
    return Procedure.objects.create(code=code, **known)
