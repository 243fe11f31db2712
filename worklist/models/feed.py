from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from worklist.models.room import Room


class RoomFeed(models.Model):
    """A room's calendar for programs: whoever knows the token reads it.

    Only the token's digest is kept; the address is shown once.
    """

    room = models.OneToOneField(Room, on_delete=models.CASCADE, related_name="feed")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(db_default=Now())
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "worklist_room_feed"

    def __str__(self) -> str:
        return f"feed of room {self.room_id}"
