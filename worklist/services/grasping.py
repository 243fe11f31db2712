"""Who is moving which exam right now: said to the other coordinators for seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from radflow import unit
from radflow.accounts.models import User
from radflow.live import services as live
from worklist.models import Grasp

KEPT_FOR = timedelta(seconds=30)  # a browser says it again every ten


@dataclass(frozen=True)
class Wanted:
    """Where the exam would go, as far as that is known."""

    room_id: int
    start: datetime
    minutes: int


@unit.atomic
def grasp(
    *, order_id: int, window: str, by: User, wanted: Wanted | None = None
) -> Grasp:
    """One window moves one exam at a time; said again, it lasts from then on."""
    now = timezone.now()
    Grasp.objects.filter(until__lte=now).delete()
    before = Grasp.objects.filter(window=window).first()
    grasped, _ = Grasp.objects.update_or_create(
        window=window,
        defaults={
            "order_id": order_id,
            "user": by,
            "room_id": wanted.room_id if wanted else None,
            "start": wanted.start if wanted else None,
            "minutes": wanted.minutes if wanted else 0,
            "until": now + KEPT_FOR,
        },
    )
    for changed in {order_id, before.order_id if before else order_id}:
        live.publish("grasp", changed)
    return grasped


@unit.atomic
def let_go(*, window: str, by: User) -> None:
    """Nobody lets go for another."""
    held = Grasp.objects.filter(window=window, user=by).first()
    if held is None:
        return
    held.delete()
    live.publish("grasp", held.order_id)
