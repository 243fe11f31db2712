"""Cancellations that come before their order (standards.md section 5.4)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order, Tombstone
from orders.requests import EntityNumber, OrderRequest
from orders.services.attention import put_reason
from orders.services.events import run_event
from radflow import unit
from radflow.audit import services as audit
from radflow.live import services as live

EVENTS = {"CA": Event.CANCEL, "DC": Event.DISCONTINUE, "RP": Event.REPLACE}
_CANCELLED = gettext_noop("The cancellation came before the order")
_REPLACED = gettext_noop("The replacement came before the order")
_TITLES = {"CA": _CANCELLED, "DC": _CANCELLED, "RP": _REPLACED}
_LOOK = {
    _CANCELLED: gettext_noop(
        "The cancellation came before the order, so it was never scheduled. "
        "If it is wanted, the placer must order it anew."
    ),
    _REPLACED: gettext_noop(
        "The replacement came before the order, so it was never scheduled. "
        "If it is wanted, the placer must order it anew."
    ),
}


@unit.atomic
def bury(
    *,
    control: str,
    placer: EntityNumber,
    filler: str,
    cause: Cause,
    event_time: datetime | None,
) -> Tombstone:
    """Remember that this order is not wanted, should it still come."""
    number, namespace = placer
    stone = Tombstone.objects.create(
        placer_order_number=number,
        placer_namespace=namespace,
        filler_order_number=filler,
        control=control,
        event_time=event_time,
        inbound_id=cause.inbound_id,
    )
    audit.record(
        "order_cancelled_unseen", actor_text=cause.name, message_id=cause.inbound_id
    )
    live.publish("reconciliation", stone.pk)
    return stone


def waiting_for(request: OrderRequest) -> Tombstone | None:
    """The newest for this placer number, unless the order is certainly later."""
    if not request.placer_order_number:
        return None
    found = Tombstone.objects.filter(
        placer_order_number=request.placer_order_number,
        placer_namespace=request.placer_namespace,
        met=None,
    )
    if at := request.event_time:
        found = found.filter(Q(event_time=None) | Q(event_time__gte=at))
    return found.order_by("-id").first()


def meet(stone: Tombstone, order: Order, cause: Cause) -> None:
    """The order is kept as cancelled, and a person told: nothing was lost."""
    stone.met = order
    stone.save(update_fields=["met"])
    title = _TITLES[stone.control]
    put_reason(order, _LOOK[title])
    run_event(
        order,
        event=EVENTS[stone.control],
        cause=cause,
        detail=title,
        event_time=stone.event_time,
    )
