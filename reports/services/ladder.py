"""Who is told next, and when: the ladder, copied into the case when it opens."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_noop

from radflow.accounts.roles import Role
from reports.models import CriticalCase, EscalationStep

# Share of the target, recipient, role whose people see it (standards.md section 9).
RUNGS: tuple[tuple[float, str, str], ...] = (
    (0.0, "", Role.REFERRER),
    (0.25, gettext_noop("Covering physician"), Role.REFERRER),
    (0.5, gettext_noop("Unit charge nurse"), ""),
    (0.75, gettext_noop("Radiology supervisor"), Role.RADIOLOGIST),
    (1.0, gettext_noop("Department head"), Role.RADIOLOGIST),
)
REPEAT_SHARE = 0.25


def make_ladder(case: CriticalCase, minutes: float) -> None:
    """Rungs at shares of the target, the ordering provider first and at once."""
    provider = case.order.provider_name or gettext_noop("Ordering provider")
    target = timedelta(minutes=minutes)
    steps = [
        EscalationStep(
            case=case,
            level=level,
            recipient=(recipient or provider)[:120],
            role=role,
            due_at=case.identified_at + target * share,
        )
        for level, (share, recipient, role) in enumerate(RUNGS)
    ]
    EscalationStep.objects.bulk_create(steps)
    case.next_step_at = case.identified_at
    case.save(update_fields=["next_step_at"])


def hasten(case: CriticalCase, minutes: float) -> None:
    """A raised category: each deadline is the earlier of the old and the new one."""
    now, target = timezone.now(), timedelta(minutes=minutes)
    case.due_at = min(case.due_at, now + target)
    waiting = list(case.ladder.filter(told_at=None))
    for step in waiting:
        step.due_at = min(step.due_at, now + target * RUNGS[step.level][0])
    EscalationStep.objects.bulk_update(waiting, ["due_at"])
    following = [step.due_at for step in waiting] or [now]
    case.next_step_at = min(case.next_step_at or now, *following)


def repeat_after(case: CriticalCase) -> timedelta:
    """How often an overdue case is called out again."""
    return (case.due_at - case.identified_at) * REPEAT_SHARE
