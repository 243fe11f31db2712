from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_noop

from radflow.dicom.charsets import UTF_8
from radflow.sites.models import Site
from worklist.models.station_checks import faults_of


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


class StationScope(models.TextChoices):
    """What a station's worklist holds of what is planned."""

    OWN = "own", gettext_noop("Its own exams alone")
    POOL = "pool", gettext_noop("Its own and the pool of its modality")
    GROUP = "group", gettext_noop("Its own, the pool and its room group")


class Station(models.Model):
    """A scanner: one AE title, in one room, with the rules of its worklist.

    The rooms of the stations that name the same `group` share their exams. Empty
    limits (hours, addresses, certificate) do not limit.
    """

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="stations")
    name = models.CharField(max_length=16, help_text="(0040,0010)")
    ae_title = models.CharField(max_length=16, unique=True)
    modality = models.CharField(max_length=16)
    charset = models.CharField(
        max_length=20,
        default=UTF_8,
        blank=True,
        help_text="(0008,0005) of our answers.",
    )
    enabled = models.BooleanField(default=True)
    scope = models.CharField(
        max_length=5, choices=StationScope.choices, default=StationScope.POOL
    )
    group = models.CharField(max_length=30, blank=True)
    show_started = models.BooleanField(default=False)
    look_ahead_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    look_behind_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    addresses = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    certificate = models.CharField(max_length=64, blank=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "worklist_station"
        ordering = ["room__position", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.ae_title})"

    def clean(self) -> None:
        if found := faults_of(self):
            raise ValidationError(found)

    @property
    def has_window(self) -> bool:
        """Else a query without a key is answered with today."""
        return self.look_ahead_hours is not None or self.look_behind_hours is not None

    @property
    def zone(self) -> ZoneInfo:
        """The clock of its room: prefetch room and site."""
        return self.room.site.zone
