from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from radflow.sites.models import Site

STUDY, SERIES = "{study}", "{series}"
_SCHEMES = ("http://", "https://")
_AE_TITLE = RegexValidator(
    r"^(?! )[\x20-\x5b\x5d-\x7e]{1,16}(?<! )$",
    _("An AE title has 1 to 16 characters, no backslash, no space at its ends."),
)


class DicomNode(models.Model):
    """An archive or a reading service: what it is asked, and what it is told of.

    Empty `modalities`, `procedures` and `sites` let every exam pass.
    """

    name = models.CharField(_("Name"), max_length=60, unique=True)
    ae_title = models.CharField(_("AE title"), max_length=16, validators=[_AE_TITLE])
    host = models.CharField(_("Host"), max_length=200)
    port = models.PositiveIntegerField(
        _("Port"), validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    enabled = models.BooleanField(_("In use"), default=True)
    is_archive = models.BooleanField(
        _("Archive"),
        default=False,
        help_text=_("Asked for the images of performed exams."),
    )
    wants_steps = models.BooleanField(
        _("Performed steps"),
        default=False,
        help_text=_("Each performed step of a scanner is passed on to it (MPPS)."),
    )
    wants_availability = models.BooleanField(
        _("Availability of images"),
        default=False,
        help_text=_("It is told once the images of an exam can be fetched."),
    )
    modalities = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    procedures = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    sites = models.ManyToManyField(
        Site, blank=True, related_name="+", db_table="worklist_node_site"
    )
    web_url = models.CharField(
        _("Address of its DICOMweb"),
        max_length=300,
        blank=True,
        help_text=_("With it the archive is asked by QIDO-RS, not by C-FIND."),
    )
    viewer_url = models.CharField(
        _("Address of its viewer"),
        max_length=300,
        blank=True,
        help_text=_(
            "{study} stands for the Study Instance UID; {series}, where the viewer "
            "can open one series, for that of the series."
        ),
    )
    retry_at = models.DateTimeField(null=True, editable=False)
    asked_at = models.DateTimeField(null=True, editable=False)
    fault = models.CharField(max_length=120, blank=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        db_table = "worklist_node"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["host", "port", "ae_title"], name="node_known_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        wrong = {}
        if self.viewer_url and not (
            self.viewer_url.startswith(_SCHEMES) and STUDY in self.viewer_url
        ):
            wrong["viewer_url"] = _(
                "Begin with https:// or http:// and put {study} where the UID belongs."
            )
        if self.web_url and not self.web_url.startswith(_SCHEMES):
            wrong["web_url"] = _(
                "Begin with https:// or http://, as https://pacs.example/dicom-web."
            )
        if wrong:
            raise ValidationError(wrong)

    def viewer_of(self, study: str, series: str = "") -> str:
        """Of the study, or of one series of it where the viewer can."""
        return self.viewer_url.replace(STUDY, study).replace(SERIES, series)
