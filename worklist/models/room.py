from __future__ import annotations

from django.db import models

from radflow.sites.models import Site


class Room(models.Model):
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=60, unique=True)
    location = models.CharField(
        max_length=16, blank=True, help_text="(0040,0011), at most 16 characters."
    )
    position = models.PositiveSmallIntegerField(default=0)
    enabled = models.BooleanField(default=True)

    class Meta:
        db_table = "worklist_room"
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Station(models.Model):
    """A scanner: one AE title, in one room."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="stations")
    name = models.CharField(max_length=16, help_text="(0040,0010)")
    ae_title = models.CharField(max_length=16, unique=True)
    modality = models.CharField(max_length=16)
    charset = models.CharField(
        max_length=20, default="ISO_IR 192", help_text="(0008,0005) of our answers."
    )
    enabled = models.BooleanField(default=True)

    class Meta:
        db_table = "worklist_station"
        ordering = ["room__position", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.ae_title})"
