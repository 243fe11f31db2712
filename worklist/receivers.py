"""News from the orders' floor: new exams find a slot, closed ones give it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orders import signals
from orders.cause import Cause
from orders.lifecycle import Event, ExamState
from orders.models import MergeJournal, Order, Patient, Visit
from orders.requests import ScheduleRequest
from worklist.services.announcing import (
    announce_change,
    announce_performed,
    announce_state,
)
from worklist.services.appointments import follow_exam
from worklist.services.arrivals import arrive_for_visit
from worklist.services.auto_booking import auto_book
from worklist.services.booking import give_up_slot
from worklist.services.following import follow_external
from worklist.services.noticing import notice_appointment
from worklist.services.orderless import link_waiting, rematch_people
from worklist.services.routing import keep_route
from worklist.services.studies import expect_images

_STEPS_CLOSE = frozenset(
    {
        ExamState.PERFORMED,
        ExamState.CANCELLED,
        ExamState.DISCONTINUED,
        ExamState.REPLACED,
    }
)
# Back to ordered by what happened to the exam, not by who freed the slot.
_SLOT_LOST = frozenset({Event.UNBOOK, Event.CHANGE_PROCEDURE})


def connect() -> None:
    signals.order_placed.connect(_book_placed, dispatch_uid="worklist: book")
    signals.order_rescheduled.connect(_move, dispatch_uid="worklist: move")
    signals.order_edited.connect(_edited, dispatch_uid="worklist: tell of edits")
    signals.order_routed.connect(_routed, dispatch_uid="worklist: route")
    signals.visit_arrived.connect(_visit_arrived, dispatch_uid="worklist: arrive")
    signals.order_changed.connect(_follow_changed, dispatch_uid="worklist: follow")
    signals.patients_merged.connect(_merged, dispatch_uid="worklist: merge")
    signals.merge_undone.connect(_unmerged, dispatch_uid="worklist: unmerge")


def _book_placed(
    *,
    order: Order,
    schedule: ScheduleRequest,
    further: Sequence[ScheduleRequest] = (),
    cause: Cause,
    **_: Any,
) -> None:
    if schedule.start is not None and order.modality:
        auto_book(order=order, schedule=schedule, further=further, cause=cause)
    link_waiting(order, cause)


def _move(*, order: Order, schedule: ScheduleRequest, cause: Cause, **_: Any) -> None:
    if schedule.start is not None and order.modality:
        auto_book(order=order, schedule=schedule, cause=cause)
    link_waiting(order, cause)


def _edited(*, order: Order, cause: Cause, **_: Any) -> None:
    link_waiting(order, cause)
    announce_change(order, cause)
    notice_appointment(order, cause)


def _routed(*, order: Order, route: str, **_: Any) -> None:
    keep_route(order, route)


def _merged(*, survivor: Patient, retired: Patient, **_: Any) -> None:
    rematch_people({survivor.pk, retired.pk})


def _unmerged(*, journal: MergeJournal, **_: Any) -> None:
    rematch_people({journal.survivor_id, journal.retired_id})


def _visit_arrived(*, visit: Visit | None, cause: Cause, **_: Any) -> None:
    if visit is not None:
        arrive_for_visit(visit=visit, cause=cause)


def _follow_changed(
    *, order: Order, event: Event, before: str, cause: Cause, **_: Any
) -> None:
    if order.status == before:
        return
    _follow(order, event, cause)
    # What a changed procedure does to the exam is told with the edit itself.
    if event is not Event.CHANGE_PROCEDURE:
        announce_state(order, cause)
        notice_appointment(order, cause, event)


def _follow(order: Order, event: Event, cause: Cause) -> None:
    after = ExamState(order.status)
    follow_exam(order, event)
    if after is ExamState.PERFORMED:
        expect_images(order)
        announce_performed(order, cause)
    follow_external(order, event)
    if after in _STEPS_CLOSE:
        order.steps.filter(closed=False).update(closed=True)
    elif event is Event.REQUEUE:
        order.steps.filter(closed=True).update(closed=False)
    elif after is ExamState.ORDERED and event in _SLOT_LOST:
        give_up_slot(order)
