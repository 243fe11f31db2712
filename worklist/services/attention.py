"""What a human must look at, put on the order: text, flag, timeline."""

from __future__ import annotations

from orders.cause import Cause
from orders.models import Order, OrderEvent
from orders.services.attention import put_reason
from orders.services.events import save, tell_timeline
from radflow import unit
from radflow.audit import services as audit


@unit.atomic
def alarm(*, order_id: int, title: str, detail: str, cause: Cause) -> Order:
    """Stop sign on the order and in its timeline, shown live."""
    order = Order.objects.select_for_update().get(pk=order_id)
    alarm_on(order, title=title, detail=detail, cause=cause)
    return order


def alarm_on(order: Order, *, title: str, detail: str, cause: Cause) -> None:
    """`alarm` for an order that the caller holds locked."""
    put_reason(order, f"{title}. {detail}")
    save(order)
    tell_timeline(
        order,
        kind=OrderEvent.Kind.STOP,
        title=title,
        detail=detail[:500],
        cause=cause,
    )
    audit.record(
        "order_alarmed",
        actor=cause.user,
        actor_text=cause.actor,
        patient_id=order.patient_id,
        order_id=order.pk,
        detail={"title": title},
    )


@unit.atomic
def set_flag(*, order_id: int, flag: str, on: bool) -> None:
    """Put a flag on the order or take it off; nothing happens when it is so already."""
    order = Order.objects.select_for_update().get(pk=order_id)
    if put_flag(order, flag=flag, on=on):
        save(order)


def put_flag(order: Order, *, flag: str, on: bool) -> bool:
    """`set_flag` on an order that the caller holds locked and will save."""
    if (flag in order.flags) is on:
        return False
    kept = [one for one in order.flags if one != flag]
    order.flags = [*kept, flag] if on else kept
    return True
