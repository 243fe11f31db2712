from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from orders.models import Order
from worklist.models.performed import PerformedStep

_GRAY = 0.1  # in Gy.cm2, of one dGy.cm2


class DoseQuerySet(models.QuerySet["DoseRecord"]):
    def shown(self) -> DoseQuerySet:
        """As pages tell of them: without the report itself."""
        return self.select_related("performed").defer("report", "performed__dataset")


class DoseRecord(models.Model):
    """The radiation dose of one scan, as one source told it; never added up.

    Units are those of `radflow.dicom.dose`. Without `orders` it fits no exam here, or
    another patient's: `told` is then what the report says of the patient. One scan for
    several exams has all of them.
    """

    class Source(models.TextChoices):
        STEP = "MPPS", gettext_noop("Performed step")
        REPORT = "SR", gettext_noop("Dose report")

    source = models.CharField(max_length=4, choices=Source.choices)
    orders = models.ManyToManyField(
        Order, related_name="doses", db_table="worklist_dose_order"
    )
    performed = models.OneToOneField(
        PerformedStep, null=True, on_delete=models.PROTECT, related_name="dose"
    )
    sop_instance_uid = models.CharField(max_length=64, unique=True)
    study_instance_uid = models.CharField(max_length=64, blank=True, db_index=True)
    series_instance_uid = models.CharField(max_length=64, blank=True)
    device = models.CharField(max_length=130, blank=True)
    at = models.DateTimeField(null=True)
    dose_length_product = models.FloatField(null=True, help_text="mGy.cm")
    area_dose_product = models.FloatField(null=True, help_text="dGy.cm2")
    reference_dose = models.FloatField(null=True, help_text="mGy, reference point.")
    entrance_dose = models.FloatField(null=True, help_text="mGy")
    fluoroscopy_seconds = models.FloatField(null=True)
    exposures = models.PositiveIntegerField(null=True)
    comment = models.CharField(max_length=500, blank=True)
    events = models.JSONField(default=list, help_text="Exposure by exposure.")
    unread = ArrayField(models.CharField(max_length=80), default=list)
    report = models.BinaryField(null=True, help_text="The DICOM file as it came.")
    told = models.JSONField(default=dict)
    mismatch = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField(db_default=Now())

    objects = DoseQuerySet.as_manager()

    class Meta:
        db_table = "worklist_dose"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"dose {self.pk}"

    @property
    def area_in_gray(self) -> float | None:
        """In Gy.cm2, as it is spoken of."""
        told = self.area_dose_product
        return None if told is None else told * _GRAY
