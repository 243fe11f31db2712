from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from orders.models.order import Order
from orders.models.procedure import Procedure


class ProtocolChoice(models.Model):
    """One protocol that may be chosen for a procedure."""

    procedure = models.ForeignKey(
        Procedure, on_delete=models.CASCADE, related_name="protocols"
    )
    code = models.CharField(max_length=64)
    text = models.CharField(max_length=200)
    system = models.CharField(max_length=20, default="99RADFLOW")
    contrast = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "orders_protocol_choice"
        ordering = ["position", "text", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["procedure", "code", "system"], name="protocol_choice_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class Protocolling(models.Model):
    """How an exam is to be done, by a radiologist; append-only, the last counts.

    `exam` is what was to be done then: for another procedure or side it is worth
    nothing. Free text has no code.
    """

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="protocollings"
    )
    code = models.CharField(max_length=64, blank=True)
    text = models.CharField(max_length=200)
    system = models.CharField(max_length=20, blank=True)
    contrast = models.BooleanField(default=False)
    note = models.CharField(max_length=500, blank=True)
    exam = models.CharField(max_length=140)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "orders_protocolling"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"protocol {self.pk} of order {self.order_id}"
