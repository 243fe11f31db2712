from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from orders.models.order import Order
from radflow.messaging.models import InboundMessage, OutboundMessage


class OrderEvent(models.Model):
    """One entry of an order's timeline; append-only, a trigger refuses changes.

    Each names what caused it: a person, a message in or out, or a DICOM exchange
    (`exchange_id`: worklist.DicomExchange, a floor above).
    """

    class Kind(models.TextChoices):
        MESSAGE = "message", "Message"
        STATE = "state", "State"
        WORKLIST = "worklist", "Worklist"
        CHECK = "check", "Identity check"
        STOP = "stop", "Stop or change"
        REPORT = "report", "Report"
        CRITICAL = "critical", "Critical result"
        NOTE = "note", "Note"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(help_text="When it happened, as its source says.")
    recorded_at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = models.CharField(max_length=200)
    detail = models.CharField(max_length=500, blank=True)
    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor = models.CharField(max_length=120, blank=True, help_text="A system's name.")
    inbound = models.ForeignKey(
        InboundMessage, null=True, on_delete=models.PROTECT, related_name="+"
    )
    outbound = models.ForeignKey(
        OutboundMessage, null=True, on_delete=models.PROTECT, related_name="+"
    )
    exchange_id = models.BigIntegerField(null=True)
    report_version_id = models.BigIntegerField(null=True)
    case_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "orders_event"
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["order", "at"], name="event_order_at")]

    def __str__(self) -> str:
        return f"{self.kind} of order {self.order_id}"
