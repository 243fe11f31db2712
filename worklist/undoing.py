"""How a booking, a move, a slot given back and an arrival are taken back.

Only what has a true inverse is offered: a slot with a room goes back there, unless
somebody has it by now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.lifecycle import ExamState
from orders.models import Order
from orders.undoing import UNDONE, in_words_of_a_person
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.desk.models import Step
from radflow.desk.undo import Inverse, NotUndone, register
from worklist.exceptions import WorklistError
from worklist.lifecycle import HOLDS_ROOM
from worklist.models import Appointment, ScheduledStep
from worklist.services import book_step, unbook, undo_arrival

# What `offer` is told: which inverse, of which version, with what it needs.
Offer = dict[str, Any]


def slot_of(order: Order) -> dict[str, Any]:
    """The room's time that the order has; empty where it has none."""
    held = Appointment.objects.filter(
        step__order=order, step__closed=False, state__in=HOLDS_ROOM
    )
    appointment = held.select_related("step").first()
    if appointment is None:
        return {}
    step = appointment.step
    return {
        "room_id": appointment.room_id,
        "station_id": step.station_id,
        "start": step.start.isoformat(),
        "duration_minutes": step.duration_minutes,
        "overbook": appointment.overbooked or bool(appointment.overbooked_why),
    }


def after_booking(before: Order, slot: dict[str, Any], step: ScheduledStep) -> Offer:
    """`slot` is what the order had before."""
    made = {"subject": before.pk, "version": step.order.version}
    if slot:
        return {**made, "kind": "move", "before": slot}
    if before.status == ExamState.ORDERED and before.scheduled_start is None:
        return {**made, "kind": "booking"}
    return {}


def after_giving_back(slot: dict[str, Any], after: Order) -> Offer:
    if not slot:
        return {}
    made = {"subject": after.pk, "version": after.version}
    return {**made, "kind": "unbooking", "before": slot}


def after_arrival(before: Order, after: Order) -> Offer:
    """A walk-in got its step by arriving: there is nothing to go back to."""
    if before.status != ExamState.SCHEDULED or after.status != ExamState.ARRIVED:
        return {}
    return {"kind": "arrival", "subject": after.pk, "version": after.version}


def _inverse(run: Callable[[Step, User], Any]) -> Callable[[Step, User], Any]:
    """Both floors' refusals, such as a slot that is taken, are said to a person."""
    inner = in_words_of_a_person(run)

    def inverse(step: Step, by: User) -> Any:
        try:
            return inner(step, by)
        except WorklistError as error:
            raise NotUndone(error.text) from error

    return inverse


def _book_again(step: Step, by: User) -> object:
    slot = {**step.before, "start": datetime.fromisoformat(step.before["start"])}
    return book_step(
        order_id=step.subject,
        cause=Cause(user=by),
        expected_version=step.version,
        why=UNDONE,
        **slot,
    )


def _unbook(step: Step, by: User) -> object:
    return unbook(
        order_id=step.subject,
        cause=Cause(user=by),
        reason=UNDONE,
        expected_version=step.version,
    )


def _not_arrived(step: Step, by: User) -> object:
    return undo_arrival(
        order_id=step.subject,
        cause=Cause(user=by),
        detail=UNDONE,
        expected_version=step.version,
    )


def connect() -> None:
    plans = (Capability.SCHEDULE,)
    either = (Capability.SCHEDULE, Capability.PERFORM_EXAM)
    found = {
        "booking": (gettext_noop("Undo the booking"), plans, _unbook),
        "move": (gettext_noop("Undo the move"), plans, _book_again),
        "unbooking": (gettext_noop("Undo giving the slot back"), plans, _book_again),
        "arrival": (gettext_noop("Undo the arrival"), either, _not_arrived),
    }
    for kind, (label, needs, run) in found.items():
        register(kind, Inverse(label, needs, _inverse(run)))
