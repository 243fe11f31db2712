from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from orders.models import Order
from worklist.models.node import DicomNode


class DeliveryState(models.TextChoices):
    QUEUED = "queued", gettext_noop("Waits")
    SENT = "sent", gettext_noop("Taken")
    REFUSED = "refused", gettext_noop("Refused")
    DROPPED = "dropped", gettext_noop("Given up")


class DeliveryQuerySet(models.QuerySet["DicomDelivery"]):
    def shown(self) -> DeliveryQuerySet:
        """As pages tell of them: with their receiver, without what is sent."""
        return self.select_related("node").defer("dataset")


class DicomDelivery(models.Model):
    """What a node is to be told, byte for byte the same until it takes it.

    Those of one `uid` go in their order: an N-SET never before its N-CREATE.
    """

    class Kind(models.TextChoices):
        CREATE = "N-CREATE", gettext_noop("Performed step created")
        SET = "N-SET", gettext_noop("Performed step set")
        AVAILABLE = "IAN", gettext_noop("Images are available")

    node = models.ForeignKey(
        DicomNode, on_delete=models.PROTECT, related_name="deliveries"
    )
    order = models.ForeignKey(
        Order, null=True, on_delete=models.PROTECT, related_name="dicom_deliveries"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    uid = models.CharField(max_length=64, help_text="SOP Instance UID.")
    dataset = models.JSONField(help_text="DICOM JSON (PS3.18 annex F).")
    why = models.CharField(
        max_length=60, blank=True, help_text="The rule's name then; empty: none."
    )
    state = models.CharField(
        max_length=8, choices=DeliveryState.choices, default=DeliveryState.QUEUED
    )
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True)
    status = models.PositiveIntegerField(null=True, help_text="DIMSE status of it.")
    comment = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        db_table = "worklist_delivery"
        ordering = ["id"]
        verbose_name_plural = "dicom deliveries"
        indexes = [
            models.Index(
                fields=["node", "uid", "id"],
                name="delivery_open",
                condition=models.Q(state__in=["queued", "refused"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} to {self.node_id}"
