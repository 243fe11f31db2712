"""What a placer says to our messages."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.models import Order, OrderEvent
from orders.services.events import note_on, save
from radflow import unit
from radflow.audit import services as audit

Number = tuple[str, str]


class OtherNumber(OrderError):
    """The order has another placer number already."""

    code = "PLACER_NUMBER"


@unit.atomic
def record_answer(*, order_id: int, placer: Number, cause: Cause) -> Order:
    """Keep the number (and its namespace) that the placer gave to our order."""
    order = Order.objects.select_for_update().get(pk=order_id)
    number, namespace = placer
    if not number or order.placer_order_number == number:
        return order
    if order.placer_order_number:
        raise OtherNumber(gettext_noop("The order has another placer number already."))
    order.placer_order_number, order.placer_namespace = number, namespace
    save(order)
    audit.record(
        "placer_number_assigned",
        actor_text=cause.name,
        order_id=order.pk,
        message_id=cause.inbound_id,
    )
    title = gettext_noop("Placer number assigned")
    note_on(order, kind=OrderEvent.Kind.MESSAGE, title=title, detail="", cause=cause)
    return order
