from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from orders.models import Order
from reports.lifecycle import ReportState


class SectionCode(models.TextChoices):
    """LOINC codes of the sections, in the order they are sent (section 3.7)."""

    EXAM_DESCRIPTION = "55111-9", gettext_noop("Exam description")
    INDICATIONS = "18785-6", gettext_noop("Clinical indications")
    COMPARISON = "18834-2", gettext_noop("Comparison")
    FINDINGS = "59776-5", gettext_noop("Findings")
    IMPRESSION = "19005-8", gettext_noop("Impression")
    RECOMMENDATIONS = "18783-1", gettext_noop("Recommendations")


class Report(models.Model):
    """The report of one order: the working draft, and who holds it.

    `draft` maps section codes to text. Signed content lives in versions alone.
    """

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="report")
    status = models.CharField(
        max_length=12, choices=ReportState.choices, default=ReportState.DRAFT
    )
    draft = models.JSONField(default=dict)
    draft_saved_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(
        default=1, help_text="Rises with each save; a stale one is a conflict."
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "reports_report"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=ReportState.values),
                name="report_status_known",
            )
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"


class ReportVersion(models.Model):
    """Signed text, never changed: a trigger refuses UPDATE and DELETE.

    `content_hash` is the SHA-256 of the canonical JSON of sections, status, signer
    and the previous version's hash, so the versions of a report form a chain.
    """

    report = models.ForeignKey(
        Report, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12, choices=ReportState.choices)
    sections = models.JSONField(help_text="Section code to text, as signed.")
    critical = models.BooleanField(default=False)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    signed_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64)

    class Meta:
        db_table = "reports_version"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "number"], name="report_version_once"
            )
        ]
        indexes = [models.Index(fields=["signed_at"], name="report_version_signed")]

    def __str__(self) -> str:
        return f"version {self.number} of report {self.report_id}"
