from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from orders.models import Order


class VerificationMethod(models.TextChoices):
    SCANNED = "scanned", gettext_noop("Scanned")
    TYPED = "typed", gettext_noop("Typed")


class Verification(models.Model):
    """One try at the scan gate, matched or not; append-only.

    Expected and presented values stand side by side as they were at that moment.
    A match lets the same person begin this exam, once, within ten minutes.
    """

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="verifications"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())
    method = models.CharField(max_length=10, choices=VerificationMethod.choices)
    expected_patient_id = models.CharField(max_length=250)
    presented_patient_id = models.CharField(max_length=250)
    expected_accession = models.CharField(max_length=16)
    presented_accession = models.CharField(max_length=250)
    patient_matches = models.BooleanField()
    accession_matches = models.BooleanField()
    exam = models.CharField(
        max_length=80, help_text="Procedure code and side, as they were."
    )
    order_version = models.PositiveIntegerField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "worklist_verification"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"verification {self.pk} of order {self.order_id}"

    @property
    def matched(self) -> bool:
        return self.patient_matches and self.accession_matches
