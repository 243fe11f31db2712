from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Sex(models.TextChoices):
    """HL7 table 0001."""

    FEMALE = "F", "Female"
    MALE = "M", "Male"
    OTHER = "O", "Other"
    AMBIGUOUS = "A", "Ambiguous"
    NOT_APPLICABLE = "N", "Not applicable"
    UNKNOWN = "U", "Not known"


class Patient(models.Model):
    """A person, known by identifiers; names never identify (standards.md section 10).

    `name_ideographic` and `name_phonetic` are DICOM PN component groups
    (`Family^Given^Middle^Prefix^Suffix`). `birth_date_text` keeps partial dates.
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
    allergies = ArrayField(models.CharField(max_length=200), default=list)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "orders_patient"
        indexes = [models.Index(fields=["family_name", "given_name"], name="pat_name")]

    def __str__(self) -> str:
        return f"patient {self.pk}"


class PatientIdentifier(models.Model):
    """A CX: value, assigning authority and type (table 0203)."""

    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="identifiers"
    )
    value = models.CharField(max_length=250)
    assigning_authority = models.CharField(max_length=227)
    type = models.CharField(max_length=20, default="MR")
    preferred = models.BooleanField(default=False)

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
    patient_class = models.CharField(
        max_length=1, blank=True, help_text="Table 0004: E I O P R B C N U."
    )
    location = models.CharField(max_length=200, blank=True)
    attending = models.CharField(max_length=200, blank=True, help_text="As PN.")
    referring = models.CharField(max_length=200, blank=True, help_text="As PN.")
    ambulatory_status = models.CharField(
        max_length=20, blank=True, help_text="PV1-15; B6 is pregnant."
    )
    open = models.BooleanField(default=True)
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
