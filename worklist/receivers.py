"""News from the orders' floor: new exams find a slot, closed ones give it back."""

from __future__ import annotations

from typing import Any

from orders import signals
from orders.cause import Cause
from orders.lifecycle import Event, ExamState
from orders.models import Order
from orders.requests import ScheduleRequest
from worklist.services.appointments import follow_exam
from worklist.services.auto_booking import auto_book

_STEPS_CLOSE = frozenset(
    {
        ExamState.PERFORMED,
        ExamState.CANCELLED,
        ExamState.DISCONTINUED,
        ExamState.REPLACED,
    }
)


def connect() -> None:
    signals.order_placed.connect(_book_placed, dispatch_uid="worklist: book")
    signals.order_changed.connect(_follow_changed, dispatch_uid="worklist: follow")


def _book_placed(
    *, order: Order, schedule: ScheduleRequest, cause: Cause, **_: Any
) -> None:
    if schedule.start is not None and order.modality:
        auto_book(order=order, schedule=schedule, cause=cause)


def _follow_changed(*, order: Order, event: Event, before: str, **_: Any) -> None:
    after = ExamState(order.status)
    if after == before:
        return
    follow_exam(order, event)
    if after in _STEPS_CLOSE:
        order.steps.filter(closed=False).update(closed=True)
    elif event is Event.REQUEUE:
        order.steps.filter(closed=True).update(closed=False)
