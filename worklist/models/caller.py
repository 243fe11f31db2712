from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop


class RefusedCaller(models.Model):
    """Who asked for an association and got none: from where, why and how often."""

    class Why(models.TextChoices):
        UNKNOWN = "unknown", gettext_noop("AE title not known")
        DISABLED = "disabled", gettext_noop("Station switched off")
        ADDRESS = "address", gettext_noop("Not from its address")
        CERTIFICATE = "certificate", gettext_noop("Not with its certificate")
        CALLED = "called", gettext_noop("Called another AE title than ours")

    calling_ae = models.CharField(max_length=16)
    called_ae = models.CharField(max_length=16)
    address = models.CharField(max_length=60)
    why = models.CharField(max_length=12, choices=Why.choices)
    certificate = models.CharField(max_length=64, blank=True, help_text="As last seen.")
    first_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())
    times = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "worklist_refused_caller"
        ordering = ["-last_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["calling_ae", "called_ae", "address", "why"],
                name="refused_caller_once",
            )
        ]
        indexes = [models.Index(fields=["-last_at"], name="refused_caller_last")]

    def __str__(self) -> str:
        return f"{self.calling_ae} at {self.address}: {self.why}"
