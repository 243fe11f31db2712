from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

PREFIXES = "varchar_pattern_ops"  # LIKE 'abc%' by index, whatever the locale


class Sex(models.TextChoices):
    """HL7 table 0001."""

    FEMALE = "F", _("Female")
    MALE = "M", _("Male")
    OTHER = "O", _("Other")
    AMBIGUOUS = "A", _("Ambiguous")
    NOT_APPLICABLE = "N", _("Not applicable")
    UNKNOWN = "U", _("Not known")


class Pregnancy(models.IntegerChoices):
    """DICOM (0010,21C0)."""

    NOT = 1, _("Not pregnant")
    POSSIBLY = 2, _("Possibly pregnant")
    DEFINITELY = 3, _("Pregnant")
    UNKNOWN = 4, _("Not known")


class Patient(models.Model):
    """A person, known by identifiers; names never identify (standards.md section 10).

    `name_ideographic` and `name_phonetic` are DICOM PN component groups
    (`Family^Given^Middle^Prefix^Suffix`). `birth_date_text` keeps partial dates.
    A merged person keeps the row, and points to the survivor; nothing of theirs is
    left on it but what the merge journal can bring back.
    """

    family_name = models.CharField(max_length=194, blank=True)
    given_name = models.CharField(max_length=100, blank=True)
    middle_name = models.CharField(max_length=100, blank=True)
    prefix = models.CharField(max_length=40, blank=True)
    suffix = models.CharField(max_length=40, blank=True)
    name_ideographic = models.CharField(max_length=200, blank=True)
    name_phonetic = models.CharField(max_length=200, blank=True)
    birth_date = models.DateField(null=True)
    birth_date_text = models.CharField(max_length=26, blank=True)
    sex = models.CharField(max_length=1, choices=Sex.choices, blank=True)
    deceased = models.BooleanField(default=False)
    deceased_at = models.DateTimeField(null=True)
    allergies = ArrayField(models.CharField(max_length=200), default=list)
    alerts = ArrayField(models.CharField(max_length=200), default=list)
    weight_kg = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    height_m = models.DecimalField(max_digits=4, decimal_places=2, null=True)
    pregnancy = models.PositiveSmallIntegerField(choices=Pregnancy.choices, null=True)
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged_from"
    )
    demographics_at = models.DateTimeField(
        null=True, help_text="Event time of the last news of the person."
    )
    name_key = models.CharField(
        max_length=200, blank=True, help_text="Names folded, for finding twins."
    )
    sound_key = models.CharField(
        max_length=40, blank=True, help_text="How the names sound, for the same."
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "orders_patient"
        indexes = [
            models.Index(fields=["family_name", "given_name"], name="pat_name"),
            models.Index(fields=["birth_date_text", "name_key"], name="pat_born_name"),
            models.Index(
                fields=["birth_date_text", "sound_key"], name="pat_born_sound"
            ),
            models.Index(OpClass("name_key", PREFIXES), name="pat_name_begins"),
            models.Index(OpClass("sound_key", PREFIXES), name="pat_sound_begins"),
        ]

    def __str__(self) -> str:
        return f"patient {self.pk}"

    @property
    def other_name(self) -> str:
        """The name in a second script, where the record has one."""
        return " ".join(part for part in self.name_ideographic.split("^") if part)


class PatientIdentifier(models.Model):
    """A CX: value, assigning authority and type (table 0203).

    `assigning_authority` is the authority's own name (orders.authorities), never an
    alias. One with `retired_at` was merged or changed away: it still leads here.
    """

    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="identifiers"
    )
    value = models.CharField(max_length=250)
    assigning_authority = models.CharField(max_length=227)
    type = models.CharField(max_length=20, default="MR")
    preferred = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "orders_patient_identifier"
        constraints = [
            models.UniqueConstraint(
                fields=["value", "assigning_authority", "type"],
                name="patient_identifier_once",
            ),
            models.UniqueConstraint(
                fields=["patient"],
                condition=models.Q(preferred=True),
                name="patient_one_preferred",
            ),
        ]

    def __str__(self) -> str:
        return f"identifier {self.pk} of patient {self.patient_id}"


class Visit(models.Model):
    """An encounter: PV1-19, else the account of PID-18."""

    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="visits"
    )
    number = models.CharField(max_length=250)
    assigning_authority = models.CharField(max_length=227, blank=True)
    account_number = models.CharField(max_length=250, blank=True)
    account_authority = models.CharField(max_length=227, blank=True)
    alternate_number = models.CharField(max_length=250, blank=True)
    patient_class = models.CharField(
        max_length=1, blank=True, help_text="Table 0004: E I O P R B C N U."
    )
    location = models.CharField(max_length=200, blank=True)
    attending = models.CharField(max_length=200, blank=True, help_text="As PN.")
    referring = models.CharField(max_length=200, blank=True, help_text="As PN.")
    ambulatory_status = models.CharField(
        max_length=20, blank=True, help_text="PV1-15; B6 is pregnant."
    )
    prior_location = models.CharField(max_length=200, blank=True)
    open = models.BooleanField(default=True)
    cancelled = models.BooleanField(default=False)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    event_time = models.DateTimeField(
        null=True, help_text="Event time of the last news of the visit."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "orders_visit"
        constraints = [
            models.UniqueConstraint(
                fields=["number", "assigning_authority"], name="visit_once"
            )
        ]

    def __str__(self) -> str:
        return f"visit {self.pk}"
