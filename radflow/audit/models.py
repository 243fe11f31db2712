from __future__ import annotations

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now


class AuditEntry(models.Model):
    """Who did or saw what; append-only, a trigger refuses UPDATE and DELETE."""

    at = models.DateTimeField(db_default=Now(), editable=False)
    action = models.CharField(max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_text = models.CharField(
        max_length=120, blank=True, help_text="A system: peer, AE title, task."
    )
    address = models.GenericIPAddressField(null=True)
    patient_id = models.BigIntegerField(null=True)
    order_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField(null=True)
    detail = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        db_table = "audit_entry"
        indexes = [
            models.Index(fields=["patient_id", "at"], name="audit_patient"),
            models.Index(fields=["order_id", "at"], name="audit_order"),
            models.Index(fields=["actor", "at"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action} at {self.at:%Y-%m-%d %H:%M:%S}"
