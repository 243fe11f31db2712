from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from orders.models import Order
from radflow.accounts.roles import Role
from reports.lifecycle import OPEN_CASE_STATES, CaseState
from reports.models.report import Report


class Category(models.IntegerChoices):
    """ACR actionable findings work group; 1 and 2 are critical."""

    EMERGENT = 1, gettext_noop("Category 1")
    URGENT = 2, gettext_noop("Category 2")
    FOLLOW_UP = 3, gettext_noop("Category 3")


class Method(models.TextChoices):
    PHONE = "phone", gettext_noop("Phone")
    IN_PERSON = "in_person", gettext_noop("In person")
    SECURE_MESSAGE = "secure_message", gettext_noop("Secure message")
    RADFLOW = "radflow", gettext_noop("In radflow")


class CriticalCase(models.Model):
    """A critical finding until a named human has acknowledged it (section 9).

    Deadlines are stored times: `due_at` the target, `next_step_at` when the next
    recipient is told; whoever runs the sweep, nothing depends on a timer.
    """

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="cases")
    report = models.ForeignKey(
        Report, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    category = models.PositiveSmallIntegerField(choices=Category.choices)
    finding = models.CharField(max_length=500)
    state = models.CharField(
        max_length=12, choices=CaseState.choices, default=CaseState.PENDING
    )
    identified_at = models.DateTimeField()
    due_at = models.DateTimeField()
    next_step_at = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField(default=0)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    acknowledged_person = models.CharField(
        max_length=120, blank=True, help_text="Who was told: the one who can act."
    )
    method = models.CharField(max_length=20, choices=Method.choices, blank=True)
    read_back = models.BooleanField(default=False)
    note = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "reports_case"
        ordering = ["due_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=CaseState.values),
                name="case_state_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["acknowledged", "closed"])
                | (
                    models.Q(acknowledged_by__isnull=False)
                    & ~models.Q(acknowledged_person="")
                    & ~models.Q(method="")
                    & models.Q(read_back=True)
                ),
                name="case_acknowledged_by_a_human",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "closed_at"], name="case_state"),
            models.Index(
                fields=["next_step_at"],
                name="case_step_due",
                condition=models.Q(state__in=["pending", "notifying", "delivered"]),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_CASE_STATES


class EscalationStep(models.Model):
    """A rung of the ladder, copied from the policy when the case opens."""

    case = models.ForeignKey(
        CriticalCase, on_delete=models.PROTECT, related_name="ladder"
    )
    level = models.PositiveSmallIntegerField()
    recipient = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role.choices, blank=True)
    due_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "reports_escalation_step"
        ordering = ["level"]
        constraints = [
            models.UniqueConstraint(fields=["case", "level"], name="case_level_once")
        ]

    def __str__(self) -> str:
        return f"level {self.level} of case {self.case_id}"


class CaseEvent(models.Model):
    """What happened to a case; append-only, a trigger refuses changes."""

    case = models.ForeignKey(
        CriticalCase, on_delete=models.PROTECT, related_name="events"
    )
    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=40)
    detail = models.CharField(max_length=500, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "reports_case_event"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.action} of case {self.case_id}"
