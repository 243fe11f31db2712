"""All exams of a patient that wait for a slot, booked together: a series.

Each has its own order, accession and slot; together means that all get one or none:
after each other, in whatever order the rules of sequence allow, or one every so many
days, in the order that was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, permutations

from django.utils.translation import gettext as _

from orders.cause import Cause
from orders.exceptions import UnknownOrder, VersionConflict
from orders.lifecycle import Event, ExamState, Refused
from orders.models import Order
from radflow import unit
from worklist.exceptions import NotBookable
from worklist.models import ScheduledStep
from worklist.selectors.free_time import Planned, Wishes, find_slots
from worklist.selectors.schedule import plan_of
from worklist.services.shifting import (
    Place,
    lock_orders,
    lock_rooms,
    place,
    require_all_fit,
)

MOST = 6
_MOST_TRIED = 24


def unscheduled_of(patient_id: int) -> list[Order]:
    """The oldest first: what a series can book."""
    found = Order.objects.filter(
        patient_id=patient_id, status=ExamState.ORDERED, scheduled_start=None
    ).exclude(modality="")
    return list(found.select_related("patient", "peer").order_by("pk"))


def plan_series(
    orders: Sequence[Order], wishes: Wishes, *, every_days: int = 0
) -> list[Planned]:
    """The soonest times for all; raises NotBookable where there are none."""
    if not 1 < len(orders) <= MOST:
        said = _("A series has two to %(most)s exams.")
        raise NotBookable(said % {"most": MOST}, code="SERIES")
    ways: list[Sequence[Order]] = [orders]
    if not every_days:
        ways = list(islice(permutations(orders), _MOST_TRIED))
    plans = (_planned(way, wishes, every_days) for way in ways)
    found = [plan for plan in plans if plan]
    if not found:
        raise NotBookable(
            _("There is no such series of free times. Widen the days or the wishes."),
            code="NO_FREE_TIME",
        )
    return min(found, key=lambda plan: plan[-1].slot.end)


def _planned(orders: Sequence[Order], wishes: Wishes, every_days: int) -> list[Planned]:
    """Empty where one of them finds no time behind the one before it."""
    plan: list[Planned] = []
    for order in orders:
        if plan:
            wishes = _behind(plan[-1], wishes, every_days)
        slots = find_slots(order, wishes, limit=1, besides=plan).slots
        if not slots:
            return []
        plan.append(Planned(order, slots[0], plan_of(order, wishes.minutes)))
    return plan


def _behind(last: Planned, wishes: Wishes, every_days: int) -> Wishes:
    """Days are those of the room's clock: a changed hour does not shift them."""
    if not every_days:
        return replace(wishes, earliest=last.slot.end)
    zone = last.slot.room.site.zone
    there = last.slot.start.astimezone(zone)
    day = there.date() + timedelta(days=every_days)
    midnight = datetime.combine(day, datetime.min.time(), zone)
    return replace(wishes, earliest=midnight)


@unit.atomic
def book_series(
    *, places: Sequence[tuple[int, int, datetime]], cause: Cause
) -> list[ScheduledStep]:
    """Order, room and start of each, as they were proposed: all are booked, or none.

    Raises SlotTaken, NotBookable, UnknownOrder or VersionConflict; then nothing has
    changed.
    """
    orders = lock_orders([order_id for order_id, _room, _start in places])
    if len(orders) < len(places):
        raise UnknownOrder(_("There is no such order."))
    for order in orders.values():
        _require_waiting(order)
    rooms = lock_rooms(room_id for _order, room_id, _start in places)
    steps = [
        place(orders[order_id], Place(rooms[room_id], start), cause)
        for order_id, room_id, start in places
    ]
    require_all_fit(orders.values())
    return steps


def _require_waiting(order: Order) -> None:
    if order.status != ExamState.ORDERED:
        raise Refused("ORDER_STATE", order.status, Event.BOOK)
    if order.scheduled_start is not None:
        raise VersionConflict(
            _("Somebody changed this exam meanwhile. Look, then retry.")
        )
