"""Order responses to our messages: ORR^O02, ORL^O22, ORG^O20, ORI^O24 (section 14.4).

They settle what they answer; what they say of an order (ORC-1) is recorded on it.
"""

from __future__ import annotations

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.models import Order
from orders.services import record_answer
from radflow.hl7.groups import OrderGroup, order_groups
from radflow.messaging import settling
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import OutboundMessage
from radflow.messaging.routes import Applied, Handler, Inbound


def apply(inbound: Inbound) -> Applied:
    """Settle, then keep the placer's numbers; what it could not do is for a person."""
    answered = settling.settle(inbound)
    groups = [group for group in order_groups(inbound.message) if group.orc]
    for number, group in enumerate(groups, start=1):
        _refuse_unable(_control(group), number)
    touched = [_record(group, answered, inbound) for group in groups]
    known = [pk for pk in touched if pk is not None]
    return Applied(known or list(answered.order_ids))


def refuse(inbound: Inbound, parked: Parked) -> None:
    """Parked for what it says of an order: it answers our message all the same."""
    settling.settle(inbound)


def _control(group: OrderGroup) -> str:
    return group.orc.value(1).upper() if group.orc else ""


def _refuse_unable(control: str, number: int) -> None:
    """UA, UC, UX and their like (table 0119)."""
    if len(control) == 2 and control.startswith("U"):
        raise Parked(
            control,
            f"The placer could not do what our message asked ({control}). Settle it "
            "there, then skip this message.",
            f"ORC^{number}^1",
        )


def _record(
    group: OrderGroup, answered: OutboundMessage, inbound: Inbound
) -> int | None:
    order_id = _order_of(group, answered)
    if order_id is None or _control(group) not in ("NA", "OK"):
        return order_id
    orc = group.orc
    placer = (orc.value(2, 1), orc.value(2, 2)) if orc else ("", "")
    cause = Cause(actor=inbound.peer.name, inbound_id=inbound.row.pk)
    try:
        record_answer(order_id=order_id, placer=placer, cause=cause)
    except OrderError as error:
        raise Parked(error.code, error.text, "ORC^1^2") from error
    return order_id


def _order_of(group: OrderGroup, answered: OutboundMessage) -> int | None:
    """By our number (ORC-3) among the orders of our message, else its only one."""
    spoken_of = list(answered.order_ids)
    number = group.orc.value(3, 1) if group.orc else ""
    if not number:
        return spoken_of[0] if len(spoken_of) == 1 else None
    orders = Order.objects.filter(pk__in=spoken_of, filler_order_number=number)
    return orders.values_list("pk", flat=True).first()


ANSWERS = Handler(apply=apply, check=settling.check, keys=settling.keys, refuse=refuse)
