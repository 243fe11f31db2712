"""Patients who are here by another system's word (standards.md, T5)."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from orders.cause import Cause
from orders.lifecycle import Event, ExamState
from orders.models import Order, Visit
from orders.services import run_event
from radflow import unit
from radflow.sites.models import Site
from worklist.models import Room

_NEAR = timedelta(days=2)


@unit.atomic
def arrive_for_visit(*, visit: Visit, cause: Cause) -> list[Order]:
    """Check in the visit's exams of that day, by the clock of each exam's room.

    `cause.at` is when the sender says it was: late news of a past day finds that
    day's exams, not today's.
    """
    near = Order.objects.select_for_update(of=("self",)).filter(
        visit=visit,
        status=ExamState.SCHEDULED,
        scheduled_start__range=(cause.at - _NEAR, cause.at + _NEAR),
    )
    orders = list(near.order_by("pk"))
    sites = _sites({order.room_name for order in orders})
    here = [order for order in orders if _is_of_day(order, sites, cause)]
    for order in here:
        run_event(order, event=Event.ARRIVE, cause=cause)
    return here


def _sites(names: set[str]) -> dict[str, Site]:
    rooms = Room.objects.filter(name__in=names).select_related("site")
    return {room.name: room.site for room in rooms}


def _is_of_day(order: Order, sites: dict[str, Site], cause: Cause) -> bool:
    site = sites.get(order.room_name)
    zone = site.zone if site else None
    if order.scheduled_start is None:
        return False
    days = (timezone.localtime(at, zone) for at in (order.scheduled_start, cause.at))
    return len({at.date() for at in days}) == 1
