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
    A match, and what the patient then said (PersonCheck), let the same person begin
    this exam, once, within ten minutes.
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

    @property
    def overridden(self) -> bool:
        """A second person signed for the one identifier that could not be read."""
        return hasattr(self, "override")

    @property
    def accepted(self) -> bool:
        return self.matched or self.overridden


class CannotSay(models.TextChoices):
    """Why a patient does not say name and birth date, and who spoke instead."""

    STAFF = "staff", gettext_noop("Wristband checked with a second member of staff")
    RELATIVE = "relative", gettext_noop("Said by a relative or carer")
    WARD = "ward", gettext_noop("Said by ward staff who know the patient")


class PersonCheck(models.Model):
    """What was answered after both barcodes matched; append-only, the last one counts.

    The birth date is kept as typed, `birth_date_expected` as on record then, both
    `YYYYMMDD` where they can be read. `side` is the one that was confirmed.
    """

    verification = models.ForeignKey(
        Verification, on_delete=models.PROTECT, related_name="answers"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())
    name_said = models.BooleanField()
    birth_date_said = models.CharField(max_length=40, blank=True)
    birth_date_expected = models.CharField(max_length=26, blank=True)
    birth_date_matches = models.BooleanField()
    cannot_say = models.CharField(max_length=10, choices=CannotSay.choices, blank=True)
    witness = models.CharField(max_length=80, blank=True)
    side = models.CharField(max_length=10, blank=True)
    passed = models.BooleanField()

    class Meta:
        db_table = "worklist_person_check"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"answers {self.pk} to verification {self.verification_id}"


class Unread(models.TextChoices):
    """Why an identifier was not read."""

    DAMAGED = "damaged", gettext_noop("Damaged or illegible")
    MISSING = "missing", gettext_noop("Missing")
    DEVICE = "device", gettext_noop("The scanner does not read it")


class GateOverride(models.Model):
    """Two people answer for one identifier that could not be read; append-only."""

    verification = models.OneToOneField(
        Verification, on_delete=models.PROTECT, related_name="override"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())
    reason = models.CharField(max_length=10, choices=Unread.choices)
    comment = models.CharField(max_length=300)

    class Meta:
        db_table = "worklist_gate_override"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(user=models.F("signer")),
                name="override_two_people",
            )
        ]

    def __str__(self) -> str:
        return f"override of verification {self.verification_id}"
