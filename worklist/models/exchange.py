from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from orders.models import Order


class DicomExchange(models.Model):
    """A DICOM request as it came, and our answer; the evidence behind the timeline."""

    class Kind(models.TextChoices):
        FIND = "C-FIND", gettext_noop("Worklist query")
        CREATE = "N-CREATE", gettext_noop("Performed step created")
        SET = "N-SET", gettext_noop("Performed step set")
        AVAILABLE = "IAN", gettext_noop("Images are available")
        STORE = "C-STORE", gettext_noop("Dose report")
        COMMITMENT = "N-EVENT", gettext_noop("Storage commitment")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    at = models.DateTimeField(db_default=Now())
    calling_ae = models.CharField(max_length=16)
    called_ae = models.CharField(max_length=16)
    address = models.CharField(max_length=60)
    request = models.JSONField(default=dict, help_text="DICOM JSON (PS3.18 annex F).")
    status = models.PositiveIntegerField(help_text="DIMSE status we answered.")
    comment = models.CharField(max_length=300, blank=True)
    matches = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "worklist_exchange"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["calling_ae", "-at"], name="exchange_ae_at"),
            models.Index(fields=["kind", "-at"], name="exchange_kind_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class WorklistServed(models.Model):
    """That an order was in answers to a station: first, last, how often."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="served")
    calling_ae = models.CharField(max_length=16)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    first_exchange = models.ForeignKey(
        DicomExchange, on_delete=models.PROTECT, related_name="+"
    )
    last_exchange = models.ForeignKey(
        DicomExchange, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "worklist_served"
        constraints = [
            models.UniqueConstraint(
                fields=["order", "calling_ae"], name="served_once_per_station"
            )
        ]

    def __str__(self) -> str:
        return f"order {self.order_id} served to {self.calling_ae}"
