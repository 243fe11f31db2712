"""Time of rooms blocked and given back by a scheduler: SIU^S23, S24 (14.4)."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_noop

from orders.cause import Cause
from radflow.messaging.exceptions import Parked
from radflow.messaging.routes import Applied, Handler, Inbound
from worklist.hl7.inbound import INFORMATION, check, describe, keys
from worklist.hl7.reading import read_appointment
from worklist.lifecycle import AppointmentEvent
from worklist.models import BlockKind, Room, RoomBlock
from worklist.requests import AppointmentRequest
from worklist.selectors.hours import Span
from worklist.selectors.places import place_of
from worklist.services.blocks import Told, block, blocked_by, displaced_by, unblock

NO_ROOM = gettext_noop(
    "The room to block is not known here: %(name)s. Give a room this name or location, "
    "or map it at the peer."
)
NO_TIME = gettext_noop("The block tells no start and length (TQ1, SCH-11, SCH-9).")
STALE = gettext_noop("Older than what is known of this block: nothing was changed")
OVER = gettext_noop("The time to block is over: nothing was blocked")
NOT_BLOCKED = gettext_noop("Nothing is blocked under this number: nothing to give back")
_PERSON = "AIP"


def apply(inbound: Inbound) -> Applied:
    """A block is known by SCH-2, else SCH-1; told again it replaces what it was."""
    request = read_appointment(inbound)
    if not inbound.peer.books_appointments:
        return Applied(warnings=[*request.warnings, INFORMATION])
    cause = Cause(actor=inbound.peer.name, inbound_id=inbound.row.pk)
    told = Told(inbound.peer, _number(request), request.event_time)
    known = blocked_by(told.peer, told.number)
    if _is_older(request, known):
        return Applied(warnings=[*request.warnings, STALE])
    if request.event is AppointmentEvent.CANCEL:
        return _give_back(request, known, cause)
    return _block(request, told, known, cause)


def _number(request: AppointmentRequest) -> str:
    return "^".join(request.filler if request.filler[0] else request.placer)[:199]


def _is_older(request: AppointmentRequest, known: list[RoomBlock]) -> bool:
    last = known[0].told_at if known else None
    return bool(last and request.event_time and request.event_time < last)


def _block(
    request: AppointmentRequest, told: Told, known: list[RoomBlock], cause: Cause
) -> Applied:
    rooms, span = _rooms(request), _span(request)
    _end(known, cause)
    if span.end <= timezone.now():
        return Applied(warnings=[*request.warnings, OVER])
    held = {one.step.order_id for room in rooms for one in displaced_by(room.pk, span)}
    for room in rooms:
        block(
            room_id=room.pk,
            start=span.start,
            end=span.end,
            kind=BlockKind.OTHER,
            cause=cause,
            reason=request.reason,
            told=told,
        )
    return Applied(order_ids=sorted(held), warnings=list(request.warnings))


def _rooms(request: AppointmentRequest) -> list[Room]:
    """Every room that is named; one that is not known holds up the whole."""
    found: dict[int, Room] = {}
    told = [one for one in request.resources if one.kind != _PERSON]
    for resource in told:
        place = place_of([resource])
        if place.room is None:
            raise Parked("204", NO_ROOM % {"name": place.told}, "AIL^1^3")
        found[place.room.pk] = place.room
    if not found:
        raise Parked("101", NO_ROOM % {"name": "none is named"}, "AIL^1^3")
    return [found[pk] for pk in sorted(found)]


def _span(request: AppointmentRequest) -> Span:
    if request.start is None or not request.minutes:
        raise Parked("101", NO_TIME, "TQ1^1^7")
    return Span(request.start, request.start + timedelta(minutes=request.minutes))


def _give_back(
    request: AppointmentRequest, known: list[RoomBlock], cause: Cause
) -> Applied:
    if not _end(known, cause):
        return Applied(warnings=[*request.warnings, NOT_BLOCKED])
    return Applied(warnings=list(request.warnings))


def _end(known: list[RoomBlock], cause: Cause) -> int:
    """How many still held their room."""
    live = [one for one in known if one.ended_at is None]
    for one in live:
        unblock(block_id=one.pk, cause=cause)
    return len(live)


BLOCKS = Handler(apply=apply, check=check, keys=keys, describe=describe)
