from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from radflow.messaging.models import Peer


class LateralityRule(models.TextChoices):
    """Whether an order of this procedure must name a side."""

    OPTIONAL = "optional", _("May have a side")
    REQUIRED = "required", _("Must have a side")
    NONE = "none", _("Has no side")


class Procedure(models.Model):
    """The catalogue: what can be ordered, on which kind of device, for how long."""

    code = models.CharField(max_length=64)
    text = models.CharField(max_length=200)
    system = models.CharField(max_length=20, default="99RADFLOW")
    modality = models.CharField(max_length=16, help_text="DICOM defined term.")
    body_part = models.CharField(max_length=64, blank=True)
    duration_minutes = models.PositiveSmallIntegerField(default=20)
    setup_minutes = models.PositiveSmallIntegerField(
        default=0, blank=True, help_text="The room is held so long before the exam."
    )
    cleanup_minutes = models.PositiveSmallIntegerField(
        default=0, blank=True, help_text="And so long after it."
    )
    fasting = models.BooleanField(default=False, help_text="Mornings come first.")
    contrast = models.BooleanField(default=False)
    needs_protocol = models.BooleanField(
        default=False, help_text="A radiologist says how, before the exam."
    )
    sequence_classes = models.CharField(
        max_length=100,
        blank=True,
        help_text="What rules of sequence call it, several with commas.",
    )
    laterality = models.CharField(
        max_length=10,
        choices=LateralityRule.choices,
        default=LateralityRule.OPTIONAL,
    )
    protocol_code = models.CharField(max_length=64, blank=True)
    protocol_text = models.CharField(max_length=200, blank=True)
    protocol_system = models.CharField(max_length=20, blank=True)
    preparation = models.CharField(max_length=500, blank=True)
    technical_charge_code = models.CharField(max_length=64, blank=True)
    professional_charge_code = models.CharField(max_length=64, blank=True)
    room_group = models.CharField(max_length=60, blank=True)
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        db_table = "orders_procedure"
        ordering = ["modality", "text"]
        constraints = [
            models.UniqueConstraint(fields=["code", "system"], name="procedure_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.text}"

    @property
    def classes(self) -> frozenset[str]:
        parts = (part.strip().lower() for part in self.sequence_classes.split(","))
        return frozenset(part for part in parts if part)


class SequenceRule(models.Model):
    """How long after an exam of one class another may follow, for one patient.

    Barium before CT of the abdomen: 96 hours; the other way round no rule, no wait.
    An empty `later` is any exam.
    """

    earlier = models.CharField(max_length=32)
    later = models.CharField(max_length=32, blank=True)
    hours = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "orders_sequence_rule"
        ordering = ["earlier", "later"]
        constraints = [
            models.UniqueConstraint(fields=["earlier", "later"], name="sequence_once")
        ]

    def __str__(self) -> str:
        return f"{self.later or '*'} {self.hours} h after {self.earlier}"


class ProcedureAlias(models.Model):
    """A sender's code that a person mapped to the catalogue."""

    peer = models.ForeignKey(
        Peer, null=True, on_delete=models.PROTECT, related_name="+"
    )
    code = models.CharField(max_length=64)
    system = models.CharField(max_length=64, blank=True)
    procedure = models.ForeignKey(
        Procedure, on_delete=models.PROTECT, related_name="aliases"
    )
    mapped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    mapped_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "orders_procedure_alias"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["peer", "code", "system"],
                name="procedure_alias_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} for {self.procedure_id}"
