from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from orders.models.order import Order
from radflow.messaging.models import InboundMessage


class HeldChange(models.Model):
    """A change of a live order that waits for a person (design law 7).

    `differences` is a list of `{"field", "label", "ours", "theirs", "from"}`.
    """

    class Reason(models.TextChoices):
        PATIENT = "patient", "Another patient"
        IDENTITY = "identity", "Identity conflict"
        ACCESSION = "accession", "Another accession number"
        STUDY = "study", "Another Study UID"
        PROCEDURE = "procedure", "Another procedure"
        LATERALITY = "laterality", "Another side"

    class State(models.TextChoices):
        OPEN = "open", gettext_noop("Waits")
        ACCEPTED = "accepted", gettext_noop("Accepted")
        REJECTED = "rejected", gettext_noop("Rejected")
        REPLAYED = "replayed", gettext_noop("Corrected and replayed")

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="held_changes"
    )
    inbound = models.ForeignKey(
        InboundMessage, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reasons = models.JSONField(default=list)
    differences = models.JSONField(default=list)
    status_then = models.CharField(max_length=12, blank=True)
    applied = models.BooleanField(
        default=False, help_text="Applied at once by the peer's policy, and flagged."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    held_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "orders_held_change"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "inbound"],
                condition=models.Q(state="open"),
                name="change_held_once",
            )
        ]

    def __str__(self) -> str:
        return f"held change {self.pk}"


class Tombstone(models.Model):
    """A cancellation or replacement that came before its order (section 5.4)."""

    placer_order_number = models.CharField(max_length=199, blank=True)
    placer_namespace = models.CharField(max_length=227, blank=True)
    filler_order_number = models.CharField(max_length=199, blank=True)
    control = models.CharField(max_length=2, help_text="ORC-1: CA, DC or RP.")
    event_time = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())
    inbound = models.ForeignKey(
        InboundMessage, null=True, on_delete=models.PROTECT, related_name="+"
    )
    met = models.ForeignKey(
        Order, null=True, on_delete=models.PROTECT, related_name="tombstones"
    )

    class Meta:
        db_table = "orders_tombstone"
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["placer_order_number", "placer_namespace"],
                name="tombstone_placer",
            )
        ]

    def __str__(self) -> str:
        return f"tombstone {self.pk}"
