from __future__ import annotations

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Draft(models.Model):
    """What somebody has typed into a form and not sent; read by its author alone."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    form = models.CharField(max_length=40)
    subject = models.BigIntegerField(help_text="What the form is about.")
    fields = models.JSONField(help_text="Name to values, as they were typed.")
    saved_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "desk_draft"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "form", "subject"], name="draft_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.form} of {self.subject}"


class Step(models.Model):
    """An act with an inverse, for as long as what it changed is as it left it.

    `version` is what the act made of the subject; `before` is what its inverse needs
    to put back. The acts themselves are told elsewhere: this only offers the way back.
    """

    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=20, help_text="Such as order.")
    subject = models.BigIntegerField()
    version = models.PositiveIntegerField()
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(db_index=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "desk_step"
        indexes = [models.Index(fields=["about", "subject"], name="step_about")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.about} {self.subject}"
