from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from radflow.messaging.models import InboundMessage, Peer
from worklist.models.room import Room


class RoomHours(models.Model):
    """When a room is open on a weekday, by its site's clock; several are possible.

    What closes no later than it opens closes on the next day. A room without any is
    always open.
    """

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(
        validators=[MaxValueValidator(6)], help_text="Monday is 0."
    )
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        db_table = "worklist_room_hours"
        ordering = ["weekday", "opens"]
        constraints = [
            models.UniqueConstraint(
                fields=["room", "weekday", "opens"], name="hours_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(weekday__lte=6), name="hours_weekday_known"
            ),
        ]

    def __str__(self) -> str:
        return f"room {self.room_id}, day {self.weekday}, {self.opens:%H:%M}"


class BlockKind(models.TextChoices):
    MAINTENANCE = "maintenance", gettext_noop("Maintenance")
    QA = "qa", gettext_noop("Quality assurance")
    STAFF = "staff", gettext_noop("No staff")
    RESERVED = "reserved", gettext_noop("Reserved")
    OTHER = "other", gettext_noop("Other reason")


class RoomBlock(models.Model):
    """A room that is not for exams for a while; one that was ended blocks no more."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="blocks")
    during = DateTimeRangeField(help_text="[start, end), UTC.")
    kind = models.CharField(max_length=12, choices=BlockKind.choices)
    reason = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_by_name = models.CharField(max_length=100, blank=True)
    made_at = models.DateTimeField(db_default=Now())
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    peer = models.ForeignKey(
        Peer,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The scheduler that blocked it, and ends it by its number.",
    )
    number = models.CharField(max_length=199, blank=True, help_text="SCH-2, else 1.")
    told_at = models.DateTimeField(null=True, help_text="The message's event time.")
    inbound = models.ForeignKey(
        InboundMessage, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "worklist_room_block"
        ordering = ["during"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=BlockKind.values), name="block_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(during__isempty=False), name="block_has_length"
            ),
        ]
        indexes = [
            GistIndex(
                fields=["during"],
                name="block_during",
                condition=models.Q(ended_at=None),
            ),
            models.Index(
                fields=["peer", "number"],
                name="block_number",
                condition=models.Q(peer__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"block {self.pk} of room {self.room_id}"
