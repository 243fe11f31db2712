"""Rooms taken out of use for a while, and given back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.models import Order, OrderEvent
from orders.services import note_on, save
from radflow import unit
from radflow.audit import services as audit
from radflow.live import services as live
from radflow.messaging.models import Peer
from worklist.exceptions import WorklistError
from worklist.lifecycle import HOLDS_ROOM
from worklist.models import Appointment, BlockKind, Room, RoomBlock
from worklist.selectors.hours import Span
from worklist.selectors.obstacles import range_of
from worklist.services.attention import put_flag
from worklist.services.booking import ROOM_SHUT, lock_room
from worklist.services.fitting import why_shut


class BlockRefused(WorklistError):
    """The span is none, or the block is ended already."""

    code = "BLOCK"


class Displaces(WorklistError):
    """Bookings stand there that were not named; `orders` are theirs, by time."""

    code = "DISPLACES"

    def __init__(self, text: str, orders: list[int]) -> None:
        super().__init__(text)
        self.orders = orders


@dataclass(frozen=True)
class Told:
    """The scheduler outside that blocks a room, and the number that it knows it by."""

    peer: Peer
    number: str
    at: datetime | None = None


@unit.atomic
def block(
    *,
    room_id: int,
    start: datetime,
    end: datetime,
    kind: BlockKind,
    cause: Cause,
    reason: str = "",
    displaces: Collection[int] = (),
    told: Told | None = None,
) -> RoomBlock:
    """Take the room out of use. Bookings there stay, flagged for the coordinator.

    `displaces` names the orders that the person was shown; raises Displaces where
    there are others, BlockRefused for a span that is none. A scheduler outside
    (`told`) is shown none and asked nothing: the room's time is its own.
    """
    _require_span(start, end)
    span = Span(start, end)
    orders = _locked_orders(room_id, span)
    room = lock_room(room_id)
    if told is None:
        _require_named(room, span, displaces)
    made = RoomBlock.objects.create(
        room=room,
        during=range_of(span),
        kind=kind,
        reason=reason[:200],
        made_by=cause.user,
        made_by_name=cause.name[:100],
        made_at=cause.at,
        peer=told.peer if told else None,
        number=told.number if told else "",
        told_at=told.at if told else None,
        inbound_id=cause.inbound_id,
    )
    for order in orders:
        _flag(order, room, made, cause)
    _tell("room_blocked", made, cause, {"displaced": [one.pk for one in orders]})
    return made


def _require_span(start: datetime, end: datetime) -> None:
    if end <= start:
        raise BlockRefused(_("The block must end after it begins."))
    if end <= timezone.now():
        raise BlockRefused(_("The block would be over already. Choose a later end."))


def blocked_by(peer: Peer, number: str) -> list[RoomBlock]:
    """What this scheduler blocked under its number, ended or not, the newest first."""
    return list(RoomBlock.objects.filter(peer=peer, number=number).order_by("-pk"))


def displaced_by(room_id: int, span: Span) -> list[Appointment]:
    """What holds the room then, by time."""
    held = Appointment.objects.filter(
        room_id=room_id, during__overlap=range_of(span), state__in=HOLDS_ROOM
    )
    return list(held.select_related("step__order__patient").order_by("during"))


def _locked_orders(room_id: int, span: Span) -> list[Order]:
    """Orders before rooms, in the order of their numbers: as everybody locks them."""
    found = {one.step.order_id for one in displaced_by(room_id, span)}
    rows = Order.objects.select_for_update(of=("self",)).filter(pk__in=found)
    return list(rows.order_by("pk"))


def _require_named(room: Room, span: Span, named: Collection[int]) -> None:
    held = displaced_by(room.pk, span)
    orders = list(dict.fromkeys(one.step.order_id for one in held))
    if set(orders) == set(named):
        return
    said = _(
        "%(number)s bookings stand in %(room)s then. Look at them: they stay, and are "
        "flagged for the coordinator to move."
    )
    text = said % {"number": len(orders), "room": room.name}
    raise Displaces(text, orders)


def _flag(order: Order, room: Room, made: RoomBlock, cause: Cause) -> None:
    if put_flag(order, flag=ROOM_SHUT, on=True):
        save(order)
    note_on(
        order,
        kind=OrderEvent.Kind.NOTE,
        title=gettext_noop("Room blocked at its time"),
        detail=f"{room.name}: {BlockKind(made.kind).label}. {made.reason}".strip(),
        cause=cause,
    )


@unit.atomic
def unblock(*, block_id: int, cause: Cause) -> RoomBlock:
    """End the block now; one that has not begun never counts."""
    found = RoomBlock.objects.get(pk=block_id)
    span = Span(found.during.lower, found.during.upper)
    orders = _locked_orders(found.room_id, span)
    room = lock_room(found.room_id)
    ended = RoomBlock.objects.select_for_update().get(pk=block_id)
    if ended.ended_at is not None:
        raise BlockRefused(_("This block was ended already."))
    ended.ended_by, ended.ended_at = cause.user, cause.at
    ended.save(update_fields=["ended_by", "ended_at"])
    for order in orders:
        _unflag(order, room)
    _tell("room_unblocked", ended, cause, {})
    return ended


def _unflag(order: Order, room: Room) -> None:
    """Unless the room is shut to it for another reason."""
    held = Appointment.objects.filter(
        step__order=order, room=room, state__in=HOLDS_ROOM
    )
    spans = [Span(one.during.lower, one.during.upper) for one in held]
    shut = any(why_shut(room, span) for span in spans)
    if put_flag(order, flag=ROOM_SHUT, on=shut):
        save(order)


def _tell(
    action: str, made: RoomBlock, cause: Cause, more: dict[str, list[int]]
) -> None:
    audit.record(
        action,
        actor=cause.user,
        actor_text=cause.actor,
        detail={
            "block": made.pk,
            "room": made.room_id,
            "from": made.during.lower.isoformat(),
            "to": made.during.upper.isoformat(),
            "kind": made.kind,
            **more,
        },
    )
    live.publish("room", made.room_id)
