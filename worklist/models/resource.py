from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Value

from orders.models import Procedure
from radflow.sites.models import Site
from worklist.models.step import Appointment


class Resource(models.Model):
    """What an exam needs beside a room, one exam at a time: an injector, a team."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="resources")
    kind = models.CharField(max_length=40, help_text="Such as anaesthesia.")
    name = models.CharField(max_length=60)
    enabled = models.BooleanField(default=True)

    class Meta:
        db_table = "worklist_resource"
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="resource_named_once")
        ]

    def __str__(self) -> str:
        return self.name


class ResourceNeed(models.Model):
    """A procedure that needs one resource of a kind."""

    procedure = models.ForeignKey(
        Procedure, on_delete=models.CASCADE, related_name="needs"
    )
    kind = models.CharField(max_length=40)

    class Meta:
        db_table = "worklist_resource_need"
        constraints = [
            models.UniqueConstraint(
                fields=["procedure", "kind"], name="resource_needed_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} for procedure {self.procedure_id}"


class ResourceHold(models.Model):
    """A resource's time, given to an appointment while that holds its room."""

    appointment = models.ForeignKey(
        Appointment, on_delete=models.CASCADE, related_name="resources"
    )
    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, related_name="holds"
    )
    during = DateTimeRangeField(help_text="[start, end), UTC.")

    class Meta:
        db_table = "worklist_resource_hold"
        constraints = [
            ExclusionConstraint(
                name="resource_held_once",
                expressions=[
                    (
                        Func(
                            F("resource_id"),
                            F("resource_id"),
                            Value("[]"),
                            function="int8range",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (F("during"), RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"resource {self.resource_id} for appointment {self.appointment_id}"
