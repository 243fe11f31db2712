"""The sweep over deadlines: stored times decide, whoever runs it and how often."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from reports.lifecycle import OPEN_CASE_STATES
from reports.lifecycle import CaseEvent as Event
from reports.models import CriticalCase, EscalationStep
from reports.services.cases import move, record, save, tell_timeline
from reports.services.ladder import repeat_after


def escalate_due() -> int:
    """Take every step that is due by the database's clock; returns how many.

    Each case is locked (SKIP LOCKED), so two sweeps at once take each step once.
    """
    count = 0
    while _step_next():
        count += 1
    return count


@transaction.atomic
def _step_next() -> bool:
    due = CriticalCase.objects.select_for_update(skip_locked=True, of=("self",))
    case = (
        due.filter(state__in=OPEN_CASE_STATES, next_step_at__lte=Now())
        .select_related("order")
        .order_by("next_step_at")
        .first()
    )
    if case is None:
        return False
    step = case.ladder.filter(told_at=None).order_by("level").first()
    if step is None:
        _repeat(case)
    else:
        _climb(case, step)
    return True


def _climb(case: CriticalCase, step: EscalationStep) -> None:
    step.told_at = timezone.now()
    step.save(update_fields=["told_at"])
    case.level = step.level
    following = case.ladder.filter(told_at=None).order_by("level").first()
    case.next_step_at = (
        following.due_at if following else timezone.now() + repeat_after(case)
    )
    move(case, Event.NOTIFY)
    save(case)
    action = "notified" if step.level == 0 else "escalated"
    record(case, action, f"Level {step.level}: {step.recipient}", None)
    title = "Critical result: told" if step.level == 0 else "Critical result: escalated"
    tell_timeline(case, f"{title} {step.recipient}", None)


def _repeat(case: CriticalCase) -> None:
    """Overdue never ends by itself: it is called out again until a human acts."""
    case.next_step_at = timezone.now() + repeat_after(case)
    save(case)
    record(case, "overdue", "Still not acknowledged, everybody told again", None)
