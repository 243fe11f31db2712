"""What stands against a time: of a room (hours, blocks, bookings), of a patient.

Booking, searching and explaining all ask here, so they say the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from django.utils.dateformat import format as written
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from orders.lifecycle import ExamState
from orders.models import Order, SequenceRule
from orders.selectors import procedure_of
from radflow.sites.zones import zone_label
from worklist.lifecycle import HOLDS_ROOM
from worklist.models import Appointment, BlockKind, Room, RoomBlock, ScheduledStep
from worklist.selectors.hours import Span, closed_spans, daily_spans, open_spans

CLOSED = "ROOM_CLOSED"
BLOCKED = "ROOM_BLOCKED"
TAKEN = "SLOT_TAKEN"
UNUSUAL = "UNUSUAL_TIME"
PATIENT_BUSY = "PATIENT_BUSY"
SEQUENCE = "SEQUENCE"
# A person with the right to overbook may go over these.
MAY_BE_OVERRULED = frozenset({CLOSED, BLOCKED, TAKEN, PATIENT_BUSY, SEQUENCE})

# What is proposed in a room that has no hours of its own.
USUAL_DAY = (time(7), time(19))
_PLANNED = (
    ExamState.SCHEDULED,
    ExamState.ARRIVED,
    ExamState.READY,
    ExamState.IN_PROGRESS,
    ExamState.ON_HOLD,
)


@dataclass(frozen=True)
class Obstacle:
    """`text` says why not, and until when; without patient data."""

    code: str
    span: Span
    text: str
    order_id: int | None = None


def room_obstacles(
    rooms: Iterable[Room],
    window: Span,
    *,
    apart_from: Order | None = None,
    usual: bool = False,
) -> dict[int, list[Obstacle]]:
    """By room; the bookings of `apart_from` do not count. Three queries."""
    wanted = list(rooms)
    found = shut_obstacles(wanted, window, usual=usual)
    for held in _held(wanted, window, apart_from):
        found[held.room_id].append(_booked(held))
    return found


def shut_obstacles(
    rooms: Iterable[Room], window: Span, *, usual: bool = False
) -> dict[int, list[Obstacle]]:
    """When the rooms are closed or blocked.

    `usual` leaves out nights for rooms that have no hours: they may be booked, but
    nobody wants them proposed.
    """
    wanted = {room.pk: room for room in rooms}
    found: dict[int, list[Obstacle]] = {}
    for pk, spans in open_spans(wanted.values(), window).items():
        found[pk] = _closed_times(wanted[pk], spans, window, usual=usual)
    blocks = RoomBlock.objects.filter(
        room_id__in=wanted, during__overlap=range_of(window), ended_at=None
    )
    for block in blocks:
        found[block.room_id].append(_blocked(wanted[block.room_id], block))
    return found


def _closed_times(
    room: Room, spans: list[Span] | None, window: Span, *, usual: bool
) -> list[Obstacle]:
    if spans is not None:
        return [_closed(room, spans, one) for one in closed_spans(spans, window)]
    if not usual:
        return []
    days = daily_spans(room.site.zone, window, *USUAL_DAY)
    text = _("Outside the usual hours.")
    return [Obstacle(UNUSUAL, one, text) for one in closed_spans(days, window)]


def range_of(span: Span) -> DateTimeTZRange:
    return DateTimeTZRange(span.start, span.end, "[)")


def _held(
    rooms: list[Room], window: Span, apart_from: Order | None
) -> list[Appointment]:
    held = Appointment.objects.filter(
        room__in=rooms,
        during__overlap=range_of(window),
        state__in=HOLDS_ROOM,
        overbooked=False,
    )
    if apart_from is not None:
        held = held.exclude(step__order=apart_from)
    return list(held.select_related("step__order", "room").order_by("during"))


def _closed(room: Room, spans: list[Span], closed: Span) -> Obstacle:
    opens = [span.start for span in spans if span.start >= closed.end]
    if opens:
        said = _("%(room)s is closed then. It opens at %(time)s.")
        text = said % {"room": room.name, "time": moment(min(opens))}
    else:
        text = _("%(room)s is closed then.") % {"room": room.name}
    return Obstacle(CLOSED, closed, text)


def _blocked(room: Room, block: RoomBlock) -> Obstacle:
    said = _("%(room)s is blocked from %(start)s to %(end)s: %(kind)s.")
    text = said % {
        "room": room.name,
        "start": moment(block.during.lower),
        "end": moment(block.during.upper),
        "kind": _(BlockKind(block.kind).label),
    }
    if block.reason:
        text = f"{text} {block.reason}"
    return Obstacle(BLOCKED, Span(block.during.lower, block.during.upper), text)


def _booked(held: Appointment) -> Obstacle:
    order = held.step.order
    said = _("%(room)s is booked from %(start)s to %(end)s (exam %(number)s).")
    text = said % {
        "room": held.room.name,
        "start": clock(held.during.lower),
        "end": clock(held.during.upper),
        "number": order.accession_number,
    }
    return Obstacle(TAKEN, Span(held.during.lower, held.during.upper), text, order.pk)


def patient_obstacles(
    order: Order, besides: Iterable[tuple[Order, Span]] = ()
) -> list[Obstacle]:
    """Other exams of the patient: none at the same time, and by the rules of sequence.

    They count for the exam itself, not for the set-up of its room. `besides` are
    planned with it and not booked yet.
    """
    others = [*_other_exams(order), *besides]
    if not others:
        return []
    rules = list(SequenceRule.objects.all())
    own = _classes(order) if rules else frozenset()
    found = []
    for other, span in others:
        found.append(_busy(other, span))
        theirs = _classes(other) if rules else frozenset()
        for rule in rules:
            if rule.earlier in theirs and rule.later in {"", *own}:
                found.append(_after(rule, other, span))
            if rule.earlier in own and rule.later in {"", *theirs}:
                found.append(_before(rule, other, span))
    return found


def _other_exams(order: Order) -> list[tuple[Order, Span]]:
    """Planned and performed ones, each with its time."""
    others = Order.objects.filter(
        patient_id=order.patient_id, status__in=[*_PLANNED, ExamState.PERFORMED]
    ).exclude(pk=order.pk)
    steps: dict[int, ScheduledStep] = {}
    for step in ScheduledStep.objects.filter(order__in=others).order_by("-start"):
        steps[step.order_id] = step
    found = []
    for other in others.select_related("peer"):
        span = _time_of(other, steps.get(other.pk))
        if span:
            found.append((other, span))
    return found


def _time_of(order: Order, step: ScheduledStep | None) -> Span | None:
    if order.started_at and order.ended_at and order.started_at < order.ended_at:
        return Span(order.started_at, order.ended_at)
    if order.scheduled_start is None or step is None:
        return None
    minutes = timedelta(minutes=step.duration_minutes)
    return Span(order.scheduled_start, order.scheduled_start + minutes)


def _classes(order: Order) -> frozenset[str]:
    known = procedure_of(order)
    return known.classes if known else frozenset()


def _busy(other: Order, span: Span) -> Obstacle:
    said = _("The patient has another exam from %(start)s to %(end)s (%(number)s).")
    text = said % {
        "start": moment(span.start),
        "end": clock(span.end),
        "number": other.accession_number,
    }
    return Obstacle(PATIENT_BUSY, span, text, other.pk)


def _after(rule: SequenceRule, other: Order, span: Span) -> Obstacle:
    until = span.end + timedelta(hours=rule.hours)
    said = _("This exam waits %(hours)s h after %(exam)s (%(number)s), until %(time)s.")
    return Obstacle(
        SEQUENCE, Span(span.end, until), _ruled(said, rule, other, until), other.pk
    )


def _before(rule: SequenceRule, other: Order, span: Span) -> Obstacle:
    since = span.start - timedelta(hours=rule.hours)
    said = _(
        "%(exam)s (%(number)s) follows and waits %(hours)s h after this exam, which "
        "must end by %(time)s."
    )
    return Obstacle(
        SEQUENCE, Span(since, span.start), _ruled(said, rule, other, since), other.pk
    )


def _ruled(said: str, rule: SequenceRule, other: Order, at: datetime) -> str:
    text = said % {
        "hours": rule.hours,
        "exam": other.procedure_text or other.procedure_code,
        "number": other.accession_number,
        "time": moment(at),
    }
    return f"{text} {rule.reason}".strip()


def moment(at: datetime) -> str:
    """Day and time by the clock of the reader, with its zone."""
    local = timezone.localtime(at)
    day = written(local, pgettext("date", "d-M"))
    return f"{day} {local:%H:%M} {zone_label(local)}"


def clock(at: datetime) -> str:
    return timezone.localtime(at).strftime("%H:%M")
