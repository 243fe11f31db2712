from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from orders.models import Order
from worklist.models.room import Room


class PartOfDay(models.TextChoices):
    """By the room's clock."""

    ANY = "", gettext_noop("Any time")
    MORNING = "morning", gettext_noop("Morning")
    AFTERNOON = "afternoon", gettext_noop("Afternoon")
    EVENING = "evening", gettext_noop("Evening")


class WaitListEntry(models.Model):
    """An exam that wants an earlier slot than it has, if any, and within its wishes."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_noop("Waiting")
        BOOKED = "booked", gettext_noop("Booked")
        WITHDRAWN = "withdrawn", gettext_noop("Withdrawn")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="waits")
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.WAITING
    )
    not_before = models.DateField(null=True, blank=True)
    not_after = models.DateField(null=True, blank=True)
    part_of_day = models.CharField(
        max_length=10, choices=PartOfDay.choices, blank=True, default=PartOfDay.ANY
    )
    room = models.ForeignKey(
        Room, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    notice_hours = models.PositiveSmallIntegerField(
        default=0, help_text="So long before the slot the patient must be told."
    )
    wanted_before = models.DateTimeField(
        null=True, help_text="The slot that it had when it was put on the list."
    )
    note = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField(db_default=Now())
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "worklist_wait"
        ordering = ["since"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=models.Q(state="waiting"),
                name="waits_once",
            )
        ]

    def __str__(self) -> str:
        return f"wait of order {self.order_id}"


class FreedSlot(models.Model):
    """A room's time that somebody gave back, until it is used, passed or dismissed."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="freed")
    during = DateTimeRangeField(help_text="[start, end), UTC.")
    freed_at = models.DateTimeField(db_default=Now())
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "worklist_freed_slot"
        ordering = ["during"]
        indexes = [
            models.Index(
                fields=["freed_at"],
                name="freed_open",
                condition=models.Q(dismissed_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"freed slot {self.pk}"
