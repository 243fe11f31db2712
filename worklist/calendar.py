"""A room's appointments as iCalendar (RFC 5545): times in UTC, no patient data.

Folded by octets (3.1), text escaped (3.3.11); UID and SEQUENCE let a calendar follow
an appointment that was moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from worklist.lifecycle import HOLDS_ROOM, AppointmentState
from worklist.models import Appointment, BlockKind, Room, RoomBlock
from worklist.selectors.hours import Span
from worklist.selectors.obstacles import range_of

BACK = timedelta(days=14)
AHEAD = timedelta(days=180)
_LINE = 75
_SHOWN = (*HOLDS_ROOM, AppointmentState.FULFILLED)


def calendar_of(room: Room) -> str:
    now = timezone.now()
    window = range_of(Span(now - BACK, now + AHEAD))
    booked = Appointment.objects.filter(
        room=room, during__overlap=window, state__in=_SHOWN
    )
    blocks = RoomBlock.objects.filter(room=room, during__overlap=window, ended_at=None)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//radflow//rooms//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{escaped(room.name)}",
        *_appointments(booked.select_related("step__order").order_by("during", "pk")),
        *_blocks(blocks.order_by("during", "pk")),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded(line)}\r\n" for line in lines)


def _appointments(found: Iterable[Appointment]) -> Iterator[str]:
    for one in found:
        order = one.step.order
        what = order.procedure_text or order.procedure_code
        yield from _event(
            uid=f"appointment-{one.pk}",
            version=one.version,
            stamp=one.changed_at,
            during=Span(one.during.lower, one.during.upper),
            summary=f"{order.accession_number} {what}".strip(),
        )


def _blocks(found: Iterable[RoomBlock]) -> Iterator[str]:
    """The kind alone: its text was written by a person and may say anything."""
    for one in found:
        kind = _(BlockKind(one.kind).label)
        yield from _event(
            uid=f"block-{one.pk}",
            version=0,
            stamp=one.made_at,
            during=Span(one.during.lower, one.during.upper),
            summary=_("Blocked: %(kind)s") % {"kind": kind},
        )


def _event(
    *, uid: str, version: int, stamp: datetime, during: Span, summary: str
) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{uid}@radflow"
    yield f"SEQUENCE:{version}"
    yield f"DTSTAMP:{_utc(stamp)}"
    yield f"LAST-MODIFIED:{_utc(stamp)}"
    yield f"DTSTART:{_utc(during.start)}"
    yield f"DTEND:{_utc(during.end)}"
    yield f"SUMMARY:{escaped(summary)}"
    yield "STATUS:CONFIRMED"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text: str) -> str:
    """Backslash, semicolon, comma, line end; other control characters are dropped."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for plain, told in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, told)
    return "".join(c for c in text if c >= " " and c != "\x7f")


def folded(line: str) -> str:
    """At most 75 octets a line, never within a character."""
    parts: list[str] = []
    part, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _LINE:
            parts.append(part)
            part, size = " ", 1
        part, size = part + character, size + octets
    return "\r\n".join([*parts, part])
