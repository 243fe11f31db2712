from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.models.patient import Patient
from radflow.messaging.models import InboundMessage


class MergeJournal(models.Model):
    """One move between two people, so that it can be shown and taken back.

    `moved` names by kind what went over: `{"identifiers": [pk], "visits": [pk],
    "orders": [pk], "before": {...}}`. Rows are never deleted; taking back fills
    `undone_at`.
    """

    class Kind(models.TextChoices):
        MERGE = "merge", _("Patients merged")
        MOVE_IDENTIFIER = "move_id", _("Identifier moved")
        MOVE_ACCOUNT = "move_account", _("Account moved")
        MOVE_VISIT = "move_visit", _("Visit moved")
        MERGE_ACCOUNT = "merge_account", _("Accounts merged")
        MERGE_VISIT = "merge_visit", _("Visits merged")
        CHANGE_ID = "change_id", _("Identifier changed")
        CHANGE_ACCOUNT = "change_account", _("Account number changed")
        CHANGE_VISIT = "change_visit", _("Visit number changed")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    event = models.CharField(max_length=3, blank=True, help_text="A40 and the like.")
    survivor = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="merges_won"
    )
    retired = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="merges_lost"
    )
    retired_identifier = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(help_text="When it happened, as its source says.")
    recorded_at = models.DateTimeField(db_default=Now())
    inbound = models.ForeignKey(
        InboundMessage, null=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor = models.CharField(max_length=120, blank=True)
    moved = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    undo_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "orders_merge"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class PatientLink(models.Model):
    """Two records said to be of one person (A24), not merged; A37 ends it."""

    first = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    inbound = models.ForeignKey(
        InboundMessage, null=True, on_delete=models.PROTECT, related_name="+"
    )
    linked_at = models.DateTimeField()
    unlinked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "orders_patient_link"
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"],
                condition=models.Q(unlinked_at=None),
                name="patients_linked_once",
            ),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")),
                name="patient_link_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"


class DuplicateCandidate(models.Model):
    """Two records that may be of one person: proposed, never merged by the machine."""

    class State(models.TextChoices):
        OPEN = "open", _("To look at")
        DISMISSED = "dismissed", _("Two people")
        MERGED = "merged", _("Merged")

    first = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    reasons = models.JSONField(default=list, help_text="Why, in words.")
    score = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "orders_duplicate"
        ordering = ["-score", "id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="candidate_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")),
                name="candidate_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"candidate {self.pk}"
