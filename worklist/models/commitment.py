from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from worklist.models.node import DicomNode
from worklist.models.study import Study

# Failure Reason (0008,1197), PS3.3 C.14.1.1.
_REASONS = {
    "0110": gettext_noop("Failed there"),
    "0112": gettext_noop("The archive does not have it"),
    "0119": gettext_noop("Another kind of object than was told"),
    "0122": gettext_noop("The archive does not take this kind of object"),
    "0131": gettext_noop("Asked twice under one number"),
    "0213": gettext_noop("No room there"),
}


class CommitmentResult(models.Model):
    """What an archive said it will keep of a study, transaction by transaction."""

    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="commitments"
    )
    archive = models.ForeignKey(DicomNode, on_delete=models.PROTECT, related_name="+")
    transaction_uid = models.CharField(max_length=64)
    committed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(
        default=dict, help_text="Failure Reason (0008,1197): how many instances."
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "worklist_commitment"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "archive", "transaction_uid"],
                name="commitment_once_in_study",
            )
        ]

    def __str__(self) -> str:
        return f"commitment {self.pk} of study {self.study_id}"

    @property
    def why_failed(self) -> list[tuple[str, int]]:
        return [
            (_REASONS.get(code, f"0x{code}"), count)
            for code, count in sorted(self.reasons.items())
        ]
