"""The safety checklist at the site where an exam is done."""

from __future__ import annotations

from orders.models import Order
from orders.selectors.safety import Asked, checklist_of
from radflow.sites.models import Site


def site_of_exam(order: Order) -> Site | None:
    """Of the room that the exam is booked in; None: not booked."""
    if not order.room_name:
        return None
    return Site.objects.filter(rooms__name=order.room_name).first()


def checklist(order: Order) -> list[Asked]:
    return checklist_of(order, site_of_exam(order))
