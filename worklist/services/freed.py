"""A room's time that was given back is offered to who waits for one."""

from __future__ import annotations

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from radflow import unit
from worklist.models import FreedSlot, WaitListEntry


def note_freed(room_id: int, during: DateTimeTZRange, modality: str) -> None:
    """Kept only where somebody waits for that kind of scanner."""
    if during.upper <= timezone.now():
        return
    waiting = WaitListEntry.objects.filter(
        state=WaitListEntry.State.WAITING, order__modality=modality
    )
    if waiting.exists():
        unit.add(FreedSlot(room_id=room_id, during=during))
