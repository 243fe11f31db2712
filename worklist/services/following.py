"""A scheduler's appointment goes along with the exam that it is for."""

from __future__ import annotations

from contextlib import suppress

from orders.lifecycle import Event, ExamState
from orders.models import Order
from worklist.lifecycle import (
    FOLLOWS,
    HOLDS_ROOM,
    AppointmentEvent,
    AppointmentRefused,
    AppointmentState,
    decide,
)
from worklist.models import ExternalAppointment

S = AppointmentState
# What took the exam's slot took the appointment's place too.
_SLOT_LOST = {
    Event.UNBOOK: AppointmentEvent.CANCEL,
    Event.NO_SHOW: AppointmentEvent.NO_SHOW,
    Event.CHANGE_PROCEDURE: AppointmentEvent.CANCEL,
}


def follow_external(order: Order, event: Event) -> None:
    """After an exam event that changed the state of the exam."""
    rows = list(order.external_appointments.order_by("id"))
    placed = [row for row in rows if row.placed]
    if meaning := FOLLOWS.get(event):
        for row in placed or rows[-1:]:
            _follow(row, order, meaning)
    elif event in _SLOT_LOST and order.status == ExamState.ORDERED:
        for row in placed:
            _follow(row, order, _SLOT_LOST[event])


def _follow(row: ExternalAppointment, order: Order, meaning: AppointmentEvent) -> None:
    """What its scheduler entered in error says nothing of the exam."""
    given_up = order.status == ExamState.ORDERED
    with suppress(AppointmentRefused):
        outcome = decide(S(row.state), meaning, guard=given_up)
        after = _before_start(order) if outcome.back else outcome.state
        if after is None or after == row.state:
            return
        row.state = after
        row.placed = after in HOLDS_ROOM or after is S.FULFILLED
        row.version += 1
        row.save(update_fields=["state", "placed", "version"])


def _before_start(order: Order) -> AppointmentState:
    if order.status in (ExamState.ARRIVED, ExamState.READY):
        return S.ARRIVED
    return S.BOOKED
