from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order
from orders.models.patient import Sex
from radflow.sites.models import Site


class AnswerKind(models.TextChoices):
    YES_NO = "yes_no", _("Yes or no")
    YES_NO_UNKNOWN = "yes_no_unknown", _("Yes, no or not known")
    NUMBER = "number", _("Number")
    TEXT = "text", _("Text")


class Said(models.TextChoices):
    """What is kept for a question that is answered by choosing."""

    YES = "yes", gettext_noop("Yes")
    NO = "no", gettext_noop("No")
    UNKNOWN = "unknown", gettext_noop("Not known")


# What a kind offers to choose from; the others are written.
CHOICES: dict[str, tuple[Said, ...]] = {
    AnswerKind.YES_NO: (Said.YES, Said.NO),
    AnswerKind.YES_NO_UNKNOWN: (Said.YES, Said.NO, Said.UNKNOWN),
}


class Known(models.TextChoices):
    """What the order brought is shown beside a question, never taken as its answer."""

    PREGNANCY = "pregnancy", _("Pregnancy, as ordered")
    ALLERGIES = "allergies", _("Allergies on record")
    ALERTS = "alerts", _("Alerts and danger code")


def parts_of(text: str) -> frozenset[str]:
    """Several with commas, in capitals."""
    return frozenset(part.strip().upper() for part in text.split(",") if part.strip())


class SafetyQuestion(models.Model):
    """One question that is asked before an exam, as a site keeps it.

    A question of a site takes the place of the one with its code that holds everywhere.
    Empty conditions ask for every exam. `stops_on` holds Said values with commas.
    """

    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    code = models.CharField(max_length=32)
    text = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=AnswerKind.choices)
    unit = models.CharField(max_length=20, blank=True)
    known = models.CharField(max_length=10, choices=Known.choices, blank=True)
    modalities = models.CharField(max_length=100, blank=True)
    procedures = models.CharField(max_length=500, blank=True)
    with_contrast = models.BooleanField(default=False)
    sex = models.CharField(max_length=1, choices=Sex.choices, blank=True)
    age_from = models.PositiveSmallIntegerField(null=True, blank=True)
    age_to = models.PositiveSmallIntegerField(null=True, blank=True)
    stops_on = models.CharField(max_length=40, blank=True)
    stops_below = models.DecimalField(
        max_digits=8, decimal_places=2, null=True, blank=True
    )
    stops_above = models.DecimalField(
        max_digits=8, decimal_places=2, null=True, blank=True
    )
    required = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        db_table = "orders_safety_question"
        ordering = ["position", "code", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "code"], name="question_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.text}"

    @property
    def stopping(self) -> list[str]:
        """The answers that stop, in the reader's language."""
        found = [part for part in self.stops_on.split(",") if part]
        return [gettext(str(Said(part).label)) for part in found]


class SafetyAnswer(models.Model):
    """One answer to one question of an exam; append-only, the last one counts.

    The question stands as it was asked. `patient_number` is whom it was asked for: an
    exam that is given to another patient since is asked about anew.
    """

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="safety_answers"
    )
    question = models.ForeignKey(
        SafetyQuestion, on_delete=models.PROTECT, related_name="+"
    )
    code = models.CharField(max_length=32)
    text = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=AnswerKind.choices)
    unit = models.CharField(max_length=20, blank=True)
    value = models.CharField(max_length=200)
    stops = models.BooleanField()
    patient_number = models.BigIntegerField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "orders_safety_answer"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"answer {self.pk} to {self.code} of order {self.order_id}"

    @property
    def released(self) -> bool:
        return hasattr(self, "release")

    @property
    def shown(self) -> str:
        """As a page says it, in the reader's language."""
        if self.kind in (AnswerKind.NUMBER, AnswerKind.TEXT):
            return f"{self.value} {self.unit}".strip()
        return gettext(str(Said(self.value).label))


class ReleaseReason(models.TextChoices):
    """Why an exam goes on although an answer stops it."""

    BENEFIT = "benefit", gettext_noop("The benefit outweighs the risk")
    CONDITIONAL = "conditional", gettext_noop("Device cleared, its conditions are kept")
    PREPARED = "prepared", gettext_noop("Premedication or preparation given")
    CHANGED = "changed", gettext_noop("Protocol changed to avoid the risk")
    CLARIFIED = "clarified", gettext_noop("Clarified: no risk for this exam")


class SafetyRelease(models.Model):
    """Two people let an exam go on after a stopping answer; append-only.

    `decided_by` is the radiologist who decided, by name; the signer may be the same.
    """

    answer = models.OneToOneField(
        SafetyAnswer, on_delete=models.PROTECT, related_name="release"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.CharField(max_length=120)
    at = models.DateTimeField(db_default=Now())
    reason = models.CharField(max_length=12, choices=ReleaseReason.choices)
    comment = models.CharField(max_length=300)

    class Meta:
        db_table = "orders_safety_release"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(user=models.F("signer")),
                name="release_two_people",
            )
        ]

    def __str__(self) -> str:
        return f"release of answer {self.answer_id}"
