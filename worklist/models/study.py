from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_noop

from orders.models import Order
from worklist.models.node import DicomNode


class Study(models.Model):
    """The image set of an exam: what its performed steps told, and what an archive has.

    Without `order` an archive has images that fit no exam here; `told` is then what the
    archive said of them (patient, accession, date), and `mismatch` why they do not fit.
    """

    order = models.OneToOneField(
        Order, null=True, on_delete=models.PROTECT, related_name="study"
    )
    study_instance_uid = models.CharField(max_length=64, unique=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    series_count = models.PositiveIntegerField(default=0)
    instance_count = models.PositiveIntegerField(default=0)
    retrieve_ae_title = models.CharField(max_length=16, blank=True)
    archive = models.ForeignKey(
        DicomNode, null=True, on_delete=models.PROTECT, related_name="+"
    )
    availability = models.CharField(
        max_length=16, blank=True, help_text="(0008,0056), empty until it is known."
    )
    available_at = models.DateTimeField(null=True, help_text="First seen there.")
    ask_at = models.DateTimeField(null=True, help_text="The archive, not before this.")
    asking_since = models.DateTimeField(null=True)
    archived_series = models.PositiveIntegerField(default=0)
    archived_instances = models.PositiveIntegerField(default=0)
    told = models.JSONField(default=dict)
    mismatch = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "worklist_study"
        verbose_name_plural = "studies"
        indexes = [
            models.Index(
                fields=["ask_at"],
                name="study_asked",
                condition=models.Q(ask_at__isnull=False),
            ),
            models.Index(
                fields=["id"],
                name="study_without_order",
                condition=models.Q(order__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"study {self.pk}"

    @property
    def viewer(self) -> str:
        """Where these images are looked at; empty without such an address."""
        return self.archive.viewer_of(self.study_instance_uid) if self.archive else ""

    @property
    def missing_instances(self) -> int:
        """How many images the scanner told of that the archive does not have."""
        if not self.available_at:
            return 0
        return max(0, self.instance_count - self.archived_instances)


class StudySeries(models.Model):
    """One series that an archive has."""

    class Holds(models.TextChoices):
        IMAGES = "images", gettext_noop("Images")
        STATES = "states", gettext_noop("Presentation states")
        KEYS = "keys", gettext_noop("Key objects")
        DOSE = "dose", gettext_noop("Dose report")
        REPORT = "report", gettext_noop("Structured report")
        DOCUMENT = "document", gettext_noop("Document")
        OTHER = "other", gettext_noop("Other objects")

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="series")
    series_instance_uid = models.CharField(max_length=64)
    number = models.CharField(max_length=12, blank=True)
    modality = models.CharField(max_length=16, blank=True)
    description = models.CharField(max_length=64, blank=True)
    holds = models.CharField(max_length=8, choices=Holds.choices)
    instance_count = models.PositiveIntegerField(default=0)
    sop_classes = ArrayField(models.CharField(max_length=64), default=list)

    class Meta:
        db_table = "worklist_series"
        verbose_name_plural = "study series"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "series_instance_uid"], name="series_once_in_study"
            )
        ]

    def __str__(self) -> str:
        return f"series {self.pk} of study {self.study_id}"

    @property
    def viewer(self) -> str:
        """Where it is looked at: the series, or its study."""
        archive, uid = self.study.archive, self.study.study_instance_uid
        return archive.viewer_of(uid, self.series_instance_uid) if archive else ""
