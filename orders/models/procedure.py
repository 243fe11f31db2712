from __future__ import annotations

from django.db import models


class Procedure(models.Model):
    """The catalogue: what can be ordered, on which kind of device, for how long."""

    code = models.CharField(max_length=64)
    text = models.CharField(max_length=200)
    system = models.CharField(max_length=20, default="99RADFLOW")
    modality = models.CharField(max_length=16, help_text="DICOM defined term.")
    body_part = models.CharField(max_length=64, blank=True)
    duration_minutes = models.PositiveSmallIntegerField(default=20)

    class Meta:
        db_table = "orders_procedure"
        ordering = ["modality", "text"]
        constraints = [
            models.UniqueConstraint(fields=["code", "system"], name="procedure_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.text}"
