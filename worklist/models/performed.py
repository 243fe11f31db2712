from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Now

from orders.models import Order
from worklist.models.step import ScheduledStep


class PerformedStepStatus(models.TextChoices):
    IN_PROGRESS = "IN PROGRESS", "In progress"
    COMPLETED = "COMPLETED", "Completed"
    DISCONTINUED = "DISCONTINUED", "Discontinued"


# The UIDs of the instances that the series of a step name, in its DICOM JSON.
INSTANCES = '$."00400340"."Value"[*].*."Value"[*]."00081155"."Value"[*]'


class PerformedStep(models.Model):
    """An MPPS instance (PS3.4 annex F), or a step begun in the browser.

    `order` is null until the step is matched. `dataset` is DICOM JSON as last set.
    """

    sop_instance_uid = models.CharField(max_length=64, unique=True)
    order = models.ForeignKey(
        Order, null=True, on_delete=models.PROTECT, related_name="performed_steps"
    )
    step = models.ForeignKey(
        ScheduledStep, null=True, on_delete=models.PROTECT, related_name="performed"
    )
    grouped_orders = models.ManyToManyField(
        Order,
        related_name="grouped_performed_steps",
        db_table="worklist_performed_group",
        help_text="The further orders of one scan for several (the group case).",
    )
    status = models.CharField(max_length=12, choices=PerformedStepStatus.choices)
    station_ae_title = models.CharField(max_length=16, blank=True)
    from_modality = models.BooleanField(default=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    series_count = models.PositiveIntegerField(default=0)
    instance_count = models.PositiveIntegerField(default=0)
    discontinuation_code = models.CharField(max_length=16, blank=True)
    mismatch = models.CharField(
        max_length=300, blank=True, help_text="Why it is not linked, in words."
    )
    dataset = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "worklist_performed_step"
        ordering = ["id"]
        indexes = [
            GinIndex(
                Func(
                    F("dataset"),
                    Value(INSTANCES),
                    function="jsonb_path_query_array",
                ),
                name="performed_instances",
            )
        ]

    def __str__(self) -> str:
        return f"performed step {self.pk}"
