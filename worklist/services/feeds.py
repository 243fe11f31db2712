"""Secret addresses of rooms' calendars: made, renewed, withdrawn."""

from __future__ import annotations

import hashlib
import secrets

from django.utils import timezone

from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit
from worklist.models import Room, RoomFeed


@unit.atomic
def renew_feed(*, room: Room, by: User) -> str:
    """A new token, told only now; the one before it is void at once."""
    token = secrets.token_urlsafe(32)
    RoomFeed.objects.update_or_create(
        room=room,
        defaults={
            "digest": digest_of(token),
            "made_at": timezone.now(),
            "made_by": by,
        },
    )
    audit.record("room_feed_renewed", actor=by, detail={"room": room.pk})
    return token


@unit.atomic
def withdraw_feed(*, room: Room, by: User) -> None:
    deleted, _rows = RoomFeed.objects.filter(room=room).delete()
    if deleted:
        audit.record("room_feed_withdrawn", actor=by, detail={"room": room.pk})


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def room_of_token(token: str) -> Room | None:
    feed = RoomFeed.objects.filter(digest=digest_of(token)).select_related("room__site")
    found = feed.first()
    return found.room if found else None
