"""Several bookings changed together: all of them, or none."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from orders.cause import Cause
from orders.models import Order
from worklist.exceptions import NotBookable
from worklist.lifecycle import HOLDS_ROOM
from worklist.models import Appointment, Room, ScheduledStep, Station
from worklist.selectors.hours import Span
from worklist.services.booking import book_locked, lock_room, station_in
from worklist.services.fitting import require_fit


@dataclass(frozen=True)
class Place:
    """Where an exam goes: `start` is the exam's."""

    room: Room
    start: datetime
    station: Station | None = None


def lock_orders(order_ids: Collection[int]) -> dict[int, Order]:
    """In the order of their numbers: who locks several never waits crosswise."""
    rows = Order.objects.select_for_update(of=("self",)).filter(pk__in=order_ids)
    return {order.pk: order for order in rows.order_by("pk")}


def lock_rooms(room_ids: Iterable[int]) -> dict[int, Room]:
    """After the orders, as a single booking does."""
    return {pk: lock_room(pk) for pk in sorted(set(room_ids))}


def held_by(order: Order) -> Appointment:
    """Its only slot; raises NotBookable where it has none, or several."""
    held = list(
        Appointment.objects.filter(step__order=order, state__in=HOLDS_ROOM)
        .select_related("step__station", "room")
        .order_by("pk")
    )
    if len(held) == 1:
        return held[0]
    number = order.accession_number
    if held:
        said = _("Exam %(number)s has several steps. Move each by itself.")
    else:
        said = _("Exam %(number)s has no slot.")
    raise NotBookable(said % {"number": number}, code="NO_SLOT")


def step_aside(appointments: Iterable[Appointment]) -> None:
    """Within the transaction only: those that change places do not stop each other.

    Each is booked anew at once, and then the database refuses overlaps again.
    """
    pks = [one.pk for one in appointments]
    Appointment.objects.filter(pk__in=pks).update(overbooked=True)


def require_all_fit(orders: Iterable[Order]) -> None:
    """After all have their places: what stands against one is no one's old place."""
    for order in orders:
        held = held_by(order)
        minutes = timedelta(minutes=held.step.duration_minutes)
        exam = Span(held.step.start, held.step.start + minutes)
        hold = Span(held.during.lower, held.during.upper)
        require_fit(order, held.room, exam, hold)


def place(
    order: Order, where: Place, cause: Cause, *, minutes: int | None = None
) -> ScheduledStep:
    """Book the locked order in the locked room, whatever stands against it there."""
    station = where.station
    if station is None or station.modality != order.modality:
        station = station_in(where.room, order.modality, None)
    return book_locked(
        order,
        room=where.room,
        station=station,
        start=where.start,
        duration_minutes=minutes,
        cause=cause,
        overbook=False,
        step_id="",
    )
