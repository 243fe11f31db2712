from __future__ import annotations

from zoneinfo import ZoneInfo

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from radflow.sites.zones import known_zone, zone_label


class Site(models.Model):
    """A place of the department: its rooms share a clock."""

    code = models.CharField(
        max_length=12,
        unique=True,
        validators=[RegexValidator(r"^[A-Z][A-Z0-9-]*\Z")],
        help_text="Capital letters, digits and hyphens.",
    )
    name = models.CharField(max_length=60)
    time_zone = models.CharField(
        max_length=64, validators=[known_zone], help_text="Such as Europe/Berlin."
    )
    position = models.PositiveSmallIntegerField(default=0)
    enabled = models.BooleanField(
        default=True, help_text="Offered to choose; rooms have a switch of their own."
    )

    class Meta:
        db_table = "sites_site"
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def zone_label(self) -> str:
        """Of the time there now."""
        return zone_label(timezone.localtime(timezone=self.zone))
