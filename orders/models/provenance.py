from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from orders.models.order import Order
from orders.models.patient import Patient, Visit
from radflow.messaging.models import InboundMessage


class Provenance(models.Model):
    """What one cause changed on one order, patient or visit; append-only.

    `changes` is `{field: {"was": ..., "now": ..., "from": "OBR-4.1"}}`; `from` is
    empty where no field of a message but a rule or a person gave the value. A field's
    source is the last row that has its key.
    """

    order = models.ForeignKey(
        Order, null=True, on_delete=models.PROTECT, related_name="provenance"
    )
    patient = models.ForeignKey(
        Patient, null=True, on_delete=models.PROTECT, related_name="provenance"
    )
    visit = models.ForeignKey(
        Visit, null=True, on_delete=models.PROTECT, related_name="provenance"
    )
    at = models.DateTimeField(help_text="When it happened, as its source says.")
    recorded_at = models.DateTimeField(db_default=Now())
    changes = models.JSONField()
    inbound = models.ForeignKey(
        InboundMessage, null=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor = models.CharField(max_length=120, blank=True)

    class Meta:
        db_table = "orders_provenance"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(order__isnull=False, patient=None, visit=None)
                | models.Q(order=None, patient__isnull=False, visit=None)
                | models.Q(order=None, patient=None, visit__isnull=False),
                name="provenance_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"provenance {self.pk}"
