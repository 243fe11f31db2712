"""The sweep over deadlines: stored times decide, whoever runs it and how often."""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from orders.models import Order
from reports.lifecycle import OPEN_CASE_STATES
from reports.lifecycle import CaseEvent as Event
from reports.models import CriticalCase, EscalationStep
from reports.services.cases import move, record, save, tell_timeline
from reports.services.ladder import repeat_after

logger = logging.getLogger(__name__)

_DUE = Q(state__in=OPEN_CASE_STATES, next_step_at__lte=Now())


def escalate_due() -> int:
    """Take every step that is due by the database's clock; returns how many.

    Two sweeps at once take each step once: a case that another writer holds is left
    to it, or to the next sweep. One that fails is logged and stops no other.
    """
    count = 0
    left: set[int] = set()
    while (case := _first_due(left)) is not None:
        if _step_or_log(case):
            count += 1
        else:
            left.add(case.pk)
    return count


def _first_due(left: set[int]) -> CriticalCase | None:
    due = CriticalCase.objects.filter(_DUE).exclude(pk__in=left)
    return due.order_by("next_step_at").first()


def _step_or_log(case: CriticalCase) -> bool:
    try:
        return _step(case.pk, case.order_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.error("case %s not escalated: %s", case.pk, type(error).__name__)
        return False


@transaction.atomic
def _step(case_id: int, order_id: int) -> bool:
    """The order is locked first, as by every writer (services.locking)."""
    if not Order.objects.select_for_update(skip_locked=True).filter(pk=order_id):
        return False
    due = CriticalCase.objects.select_for_update(skip_locked=True, of=("self",))
    case = due.filter(_DUE, pk=case_id).select_related("order").first()
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
