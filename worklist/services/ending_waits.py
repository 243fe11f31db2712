"""An exam that got its earlier slot waits no more."""

from __future__ import annotations

from django.utils import timezone

from orders.models import Order
from worklist.models import ScheduledStep, WaitListEntry


def end_wait(order: Order, step: ScheduledStep) -> None:
    """After a booking: its wishes are met, unless it is later than what it had.

    What was not on the list costs one query.
    """
    waiting = WaitListEntry.objects.filter(
        order=order, state=WaitListEntry.State.WAITING
    ).first()
    if waiting is None or not _is_met(waiting, step):
        return
    waiting.state = WaitListEntry.State.BOOKED
    waiting.ended_at = timezone.now()
    waiting.save()


def _is_met(waiting: WaitListEntry, step: ScheduledStep) -> bool:
    if waiting.wanted_before and step.start >= waiting.wanted_before:
        return False
    day = timezone.localtime(step.start).date()
    late = waiting.not_after is not None and day > waiting.not_after
    return not late
