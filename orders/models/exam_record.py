from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from orders.models.order import Order


class ContrastGiven(models.TextChoices):
    YES = "yes", gettext_noop("Given")
    NO = "no", gettext_noop("None given")


class Route(models.TextChoices):
    INTRAVENOUS = "iv", gettext_noop("Intravenous")
    ORAL = "oral", gettext_noop("Oral")
    RECTAL = "rectal", gettext_noop("Rectal")
    INTRA_ARTERIAL = "ia", gettext_noop("Intra-arterial")
    INTRA_ARTICULAR = "joint", gettext_noop("Into a joint")
    INTRATHECAL = "it", gettext_noop("Intrathecal")
    OTHER = "other", gettext_noop("Other")


class RepeatReason(models.TextChoices):
    MOTION = "motion", gettext_noop("Motion")
    POSITIONING = "positioning", gettext_noop("Positioning")
    ARTEFACT = "artefact", gettext_noop("Artefact")
    PROTOCOL = "protocol", gettext_noop("Protocol")
    EQUIPMENT = "equipment", gettext_noop("Equipment")
    OTHER = "other", gettext_noop("Other")


class ExamRecord(models.Model):
    """What the technologist says of an exam at its end; append-only, the last counts.

    `repeats` counts images or series by RepeatReason. Dose is what was read at the
    console: DLP in mGy·cm, CTDIvol in mGy, dose area product in Gy·cm².
    """

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="exam_records"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())
    contrast = models.CharField(max_length=3, choices=ContrastGiven.choices, blank=True)
    contrast_agent = models.CharField(max_length=80, blank=True)
    contrast_volume_ml = models.DecimalField(
        max_digits=6, decimal_places=1, null=True, blank=True
    )
    contrast_route = models.CharField(max_length=8, choices=Route.choices, blank=True)
    dlp = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    ctdi_vol = models.DecimalField(
        max_digits=8, decimal_places=2, null=True, blank=True
    )
    dose_area_product = models.DecimalField(
        max_digits=9, decimal_places=3, null=True, blank=True
    )
    repeats = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "orders_exam_record"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"record {self.pk} of order {self.order_id}"
