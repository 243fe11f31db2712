"""Two exams take each other's slot, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from orders.cause import Cause
from orders.exceptions import UnknownOrder, VersionConflict
from orders.lifecycle import NOT_STARTED, ExamState, Refused
from orders.lifecycle import Event as ExamEvent
from orders.models import Order
from radflow import unit
from worklist.exceptions import NotBookable
from worklist.models import Appointment
from worklist.services.shifting import (
    Place,
    held_by,
    lock_orders,
    lock_rooms,
    place,
    require_all_fit,
    step_aside,
)


@unit.atomic
def swap(
    *,
    first_id: int,
    second_id: int,
    cause: Cause,
    versions: Mapping[int, int] | None = None,
) -> tuple[Order, Order]:
    """Each keeps its length and starts when the other did.

    Raises NotBookable, SlotTaken (one is too long for the other's place), Refused,
    UnknownOrder, or VersionConflict against `versions`; then nothing has changed.
    """
    if first_id == second_id:
        raise NotBookable(_("Choose two different exams."), code="SAME_EXAM")
    orders = lock_orders([first_id, second_id])
    if len(orders) < 2:
        raise UnknownOrder(_("There is no such order."))
    first, second = orders[first_id], orders[second_id]
    for order in (first, second):
        _require_movable(order, versions or {})
    seen = [held_by(first), held_by(second)]
    rooms = lock_rooms(one.room_id for one in seen)
    slots = [held_by(first), held_by(second)]
    if {one.room_id for one in slots} - rooms.keys():
        raise _changed()
    step_aside(slots)
    for order, where in ((first, slots[1]), (second, slots[0])):
        place(order, _place_of(where), cause)
    require_all_fit((first, second))
    return first, second


def _require_movable(order: Order, versions: Mapping[int, int]) -> None:
    if order.status not in NOT_STARTED or order.status == ExamState.ON_HOLD:
        raise Refused("ORDER_STATE", order.status, ExamEvent.MOVE)
    if versions.get(order.pk, order.version) != order.version:
        raise _changed()


def _changed() -> VersionConflict:
    return VersionConflict(_("Somebody changed this exam meanwhile. Look, then retry."))


def _place_of(slot: Appointment) -> Place:
    return Place(slot.room, slot.step.start, slot.step.station)
