from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from radflow.messaging.models.inbound import InboundMessage
from radflow.messaging.models.outbound import OutboundMessage


class MessageNote(models.Model):
    """What a person said or did about one message; append-only."""

    class Kind(models.TextChoices):
        COMMENT = "comment", _("Comment")
        ASSIGNED = "assigned", _("Assigned")
        REPLAYED = "replayed", _("Replayed")
        EDITED = "edited", _("Replayed with changes")
        SKIPPED = "skipped", _("Skipped")
        RESENT = "resent", _("Resent")
        GIVEN_UP = "given_up", _("Given up")
        HELD = "held", _("Legal hold")

    inbound = models.ForeignKey(
        InboundMessage, null=True, on_delete=models.PROTECT, related_name="notes"
    )
    outbound = models.ForeignKey(
        OutboundMessage, null=True, on_delete=models.PROTECT, related_name="notes"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.COMMENT)
    text = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "messaging_note"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(inbound=None) ^ models.Q(outbound=None),
                name="note_of_one_message",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class BulkReplay(models.Model):
    """Several messages replayed by one decision, in the order of their arrival.

    `done` counts those taken up, of which `failed` were not parked any more.
    """

    message_ids = ArrayField(models.BigIntegerField())
    reason = models.CharField(max_length=200, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(db_default=Now())
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messaging_bulk_replay"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"bulk replay {self.pk}"
