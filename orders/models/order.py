from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from orders.lifecycle import ExamState
from orders.models.patient import PREFIXES, Patient, Visit
from radflow.messaging.models import Peer


class Priority(models.TextChoices):
    """HL7 table 0485."""

    STAT = "S", gettext_noop("STAT")
    ASAP = "A", gettext_noop("Urgent")
    ROUTINE = "R", gettext_noop("Routine")
    PREOP = "P", gettext_noop("Pre-op")
    CALLBACK = "C", gettext_noop("Callback")
    TIMING_CRITICAL = "T", gettext_noop("Timing critical")


class ReportStatus(models.TextChoices):
    """Standards.md section 5.2; `none` until somebody begins to report."""

    NONE = "none", gettext_noop("No report")
    DRAFT = "draft", gettext_noop("Draft")
    DICTATED = "dictated", gettext_noop("Dictated")
    PRELIMINARY = "preliminary", gettext_noop("Preliminary")
    FINAL = "final", gettext_noop("Final")
    CORRECTED = "corrected", gettext_noop("Corrected")
    ADDENDED = "addended", gettext_noop("Addended")
    WITHDRAWN = "withdrawn", gettext_noop("Withdrawn")


# A final report, in any of its forms: what those who have it act on.
SIGNED = frozenset({ReportStatus.FINAL, ReportStatus.CORRECTED, ReportStatus.ADDENDED})


_BEFORE_IMAGES = ("ordered", "scheduled", "arrived", "ready", "in_progress", "on_hold")
_BEFORE_SIGNING = ("none", "draft", "dictated", "preliminary", "withdrawn")
# What somebody still works on: few rows among many, and nearly all that lists show.
AHEAD = models.Q(status__in=_BEFORE_IMAGES)
UNSIGNED = models.Q(status="performed", report_status__in=_BEFORE_SIGNING)


class Order(models.Model):
    """One requested procedure: one accession, one study, one report (D1).

    `status` is assigned by orders.services alone. `scheduled_start` and
    `station_ae_title` repeat what the schedule says, so lists need no joins.
    Times are UTC; `accession_number` and UIDs are never reused.
    """

    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="orders"
    )
    visit = models.ForeignKey(
        Visit, null=True, on_delete=models.PROTECT, related_name="orders"
    )
    peer = models.ForeignKey(
        Peer,
        null=True,
        on_delete=models.PROTECT,
        related_name="orders",
        help_text="Who placed it, and hears of it; empty: made here.",
    )
    sender_application = models.CharField(
        max_length=227, blank=True, help_text="MSH-3.1 of the message that placed it."
    )
    sender_facility = models.CharField(max_length=227, blank=True)
    status = models.CharField(
        max_length=12, choices=ExamState.choices, default=ExamState.ORDERED
    )
    status_before = models.CharField(
        max_length=12, blank=True, help_text="Before the hold or the start."
    )
    status_since = models.DateTimeField(db_default=Now())
    report_status = models.CharField(
        max_length=12, choices=ReportStatus.choices, default=ReportStatus.NONE
    )
    version = models.PositiveIntegerField(default=1)
    generation = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    event_time = models.DateTimeField(null=True, help_text="ORC-9 of the last change.")

    placer_order_number = models.CharField(max_length=199, blank=True)
    placer_namespace = models.CharField(max_length=227, blank=True)
    placer_group_number = models.CharField(max_length=199, blank=True)
    filler_order_number = models.CharField(max_length=199, unique=True)
    accession_number = models.CharField(max_length=16)
    accession_issuer = models.CharField(max_length=64, blank=True)
    requested_procedure_id = models.CharField(max_length=16)
    study_instance_uid = models.CharField(max_length=64)

    procedure_code = models.CharField(max_length=64)
    procedure_text = models.CharField(max_length=200, blank=True)
    procedure_system = models.CharField(max_length=64, blank=True)
    protocol_code = models.CharField(max_length=64, blank=True)
    protocol_text = models.CharField(max_length=200, blank=True)
    protocol_system = models.CharField(max_length=64, blank=True)
    modality = models.CharField(max_length=16, blank=True)
    laterality = models.CharField(
        max_length=10, blank=True, help_text="LEFT, RIGHT, BOTH or empty."
    )
    priority = models.CharField(
        max_length=1, choices=Priority.choices, default=Priority.ROUTINE
    )
    requested_start = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    reason_code = models.CharField(max_length=64, blank=True)
    reason_system = models.CharField(max_length=64, blank=True)
    clinical_info = models.TextField(blank=True)
    danger_code = models.CharField(max_length=200, blank=True)
    comments = models.TextField(blank=True)
    transport = models.CharField(max_length=20, blank=True)
    ordering_provider = models.JSONField(
        default=dict, help_text="XCN: id, family, given, middle, suffix, prefix."
    )
    entered_by = models.CharField(max_length=200, blank=True)
    callback = models.CharField(max_length=200, blank=True)
    entering_organization = models.CharField(max_length=200, blank=True)
    weight_kg = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    height_m = models.DecimalField(max_digits=4, decimal_places=2, null=True)

    scheduled_start = models.DateTimeField(null=True)
    station_ae_title = models.CharField(max_length=16, blank=True)
    room_name = models.CharField(max_length=60, blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    needs_attention = models.CharField(
        max_length=300, blank=True, help_text="Why a human must look; empty: no need."
    )
    flags = ArrayField(models.CharField(max_length=60), default=list)
    identity_conflict = models.CharField(
        max_length=300,
        blank=True,
        help_text="Why we doubt whose it is: off the worklist, not to be signed.",
    )
    differences = ArrayField(
        models.CharField(max_length=64),
        default=list,
        help_text="Digests of patient data that differed, each warned of once.",
    )
    holds = ArrayField(
        models.CharField(max_length=10),
        default=list,
        help_text="Who holds it: placer, person or identity; a release ends its own.",
    )
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="children"
    )
    is_container = models.BooleanField(
        default=False, help_text="A parent (ORC-1 PA): groups others, not schedulable."
    )
    replaces = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    ordered_at = models.DateTimeField(
        null=True, help_text="Event time of the message that placed it."
    )
    timing_at = models.DateTimeField(
        null=True, help_text="Event time of the last change of time and priority."
    )
    clinical_at = models.DateTimeField(
        null=True, help_text="Event time of the last change of clinical details."
    )
    number_asked_at = models.DateTimeField(
        null=True, help_text="When we asked the placer for a number (ORC-1 SN)."
    )

    class Meta:
        db_table = "orders_order"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=ExamState.values),
                name="order_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(report_status__in=ReportStatus.values),
                name="order_report_status_known",
            ),
            models.UniqueConstraint(
                fields=[
                    "accession_issuer",
                    "accession_number",
                    "requested_procedure_id",
                ],
                name="exam_once",
            ),
            models.UniqueConstraint(
                fields=["study_instance_uid"], name="order_study_once"
            ),
        ]
        indexes = [
            models.Index(
                KT("ordering_provider__id"),
                models.F("status_since").desc(),
                name="order_provider",
            ),
            models.Index(fields=["accession_number"], name="order_accession"),
            models.Index(
                OpClass("accession_number", PREFIXES), name="order_accession_begins"
            ),
            models.Index(
                fields=["placer_order_number", "placer_namespace"], name="order_placer"
            ),
            models.Index(fields=["status", "priority", "id"], name="order_status"),
            models.Index(fields=["modality", "status"], name="order_modality"),
            models.Index(
                fields=["scheduled_start"],
                name="order_scheduled",
                condition=models.Q(scheduled_start__isnull=False),
            ),
            models.Index(fields=["status_since"], name="order_since"),
            models.Index(
                fields=["peer", "procedure_code", "procedure_system"],
                name="order_without_modality",
                condition=models.Q(modality=""),
            ),
            models.Index(fields=["status"], name="order_ahead", condition=AHEAD),
            models.Index(
                fields=["report_status"], name="order_unsigned", condition=UNSIGNED
            ),
            models.Index(
                fields=["status_since"],
                name="order_attention",
                condition=~models.Q(needs_attention=""),
            ),
            models.Index(
                fields=["status_since"],
                name="order_doubted",
                condition=~models.Q(identity_conflict=""),
            ),
        ]

    def __str__(self) -> str:
        return f"order {self.pk}"

    @property
    def provider_name(self) -> str:
        parts = [self.ordering_provider.get(k, "") for k in ("prefix", "given")]
        return " ".join([*parts, self.ordering_provider.get("family", "")]).strip()
