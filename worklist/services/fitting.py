"""May this exam have this time? What stands against it, and who may overrule that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from orders.cause import Cause
from orders.models import Order
from radflow.accounts.roles import Capability
from worklist.exceptions import NotBookable, SlotTaken
from worklist.lifecycle import HOLDS_ROOM
from worklist.models import Appointment, Room, ScheduledStep
from worklist.selectors.hours import Span
from worklist.selectors.obstacles import (
    Obstacle,
    clock,
    patient_obstacles,
    range_of,
    shut_obstacles,
)


def require_right_to_overbook(cause: Cause, why: str) -> None:
    """A person needs the right and a reason; the systems outside are not overruled."""
    if cause.user is None:
        return
    if not cause.user.may(Capability.OVERBOOK):
        raise NotBookable(
            _("Your role may not overbook. Choose another time or room."),
            code="OVERBOOK_RIGHT",
        )
    if not why.strip():
        raise NotBookable(
            _("Say why it is booked although it collides."), code="REASON_MISSING"
        )


def require_fit(order: Order, room: Room, exam: Span, hold: Span) -> None:
    """Raises NotBookable with the first thing that stands against it.

    Other bookings of the room are not asked for here: the database refuses those.
    """
    if shut := why_shut(room, hold):
        raise NotBookable(
            _("%(why)s Choose another time or room.") % {"why": shut.text},
            code=shut.code,
        )
    for one in patient_obstacles(order):
        if one.span.overlaps(exam.start, exam.end):
            raise NotBookable(one.text, code=one.code)


def why_shut(room: Room, hold: Span) -> Obstacle | None:
    """The hours or the block that stands against it."""
    found = shut_obstacles([room], hold)[room.pk]
    return next((one for one in found if one.span.overlaps(hold.start, hold.end)), None)


def shut_rooms(rooms: Iterable[Room], hold: Span) -> set[int]:
    """Those that are closed or blocked at some time of it."""
    found = shut_obstacles(rooms, hold)
    return {
        pk
        for pk, some in found.items()
        if any(one.span.overlaps(hold.start, hold.end) for one in some)
    }


def is_taken(room: Room, hold: Span, *, apart_from: ScheduledStep) -> bool:
    held = Appointment.objects.filter(
        room=room,
        during__overlap=range_of(hold),
        state__in=HOLDS_ROOM,
        overbooked=False,
    )
    return held.exclude(step_id=apart_from.pk).exists()


def taken_by(appointment: Appointment) -> SlotTaken:
    """Why the database refused it, in words."""
    held = (
        Appointment.objects.filter(
            room=appointment.room,
            during__overlap=appointment.during,
            state__in=HOLDS_ROOM,
            overbooked=False,
        )
        .exclude(pk=appointment.pk)
        .select_related("step__order")
        .order_by("during")
        .first()
    )
    return _in_words(appointment.room, held or appointment, is_known=bool(held))


def _in_words(room: Room, held: Appointment, *, is_known: bool) -> SlotTaken:
    start, end = _ends(held)
    number = held.step.order.accession_number if is_known else ""
    holder = _(" (exam %(number)s)") % {"number": number} if number else ""
    text = _(
        "%(room)s is booked from %(start)s to %(end)s%(holder)s. "
        "Choose another time or room."
    )
    return SlotTaken(
        text
        % {
            "room": room.name,
            "start": clock(start),
            "end": clock(end),
            "holder": holder,
        },
        start=start,
        end=end,
        order_id=held.step.order_id if is_known else None,
    )


def _ends(appointment: Appointment) -> tuple[datetime, datetime]:
    return appointment.during.lower, appointment.during.upper
