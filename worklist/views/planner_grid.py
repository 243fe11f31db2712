"""The room board's columns: blocks with their places, as plain values.

Places are minutes of the wall clock since midnight, so that a block stands at the hour
that people read; the style sheet has a class for each step of five minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.lifecycle import NOT_STARTED
from orders.models import Priority
from worklist.alike import Alike, alike_of
from worklist.lifecycle import HOLDS_ROOM
from worklist.models import Appointment, Room
from worklist.selectors.alike import LookAlikes
from worklist.selectors.closing import ClosedSpan
from worklist.selectors.planner import mrn_beside
from worklist.views.rows import shown_state

DAY = 24 * 60
OPENS, CLOSES = 7, 19  # shown unless all hours are asked for
_STEP = 5
_LEAST = 10  # minutes that a line of text needs
_MOST_LANES = 6
_STEP_HIGH, _LINE_HIGH = 8, 15  # pixels, where rows are compact


@dataclass(frozen=True)
class Span:
    """A time of a day, in minutes since midnight by the clock of the page."""

    first: int
    last: int

    @property
    def hour(self) -> int:
        return self.first // 60

    @property
    def step(self) -> int:
        return self.first % 60 // _STEP

    @property
    def hours(self) -> int:
        return self._steps * _STEP // 60

    @property
    def steps(self) -> int:
        return self._steps % 12

    @property
    def lines(self) -> int:
        """How many lines of text it has room for, of the four that a block has."""
        return min(4, max(1, (self._steps * _STEP_HIGH - 1) // _LINE_HIGH))

    @property
    def _steps(self) -> int:
        return max(_LEAST // _STEP, self.last // _STEP - self.first // _STEP)

    def meets(self, other: Span) -> bool:
        return self.first < other.last and other.first < self.last


@dataclass(frozen=True)
class Block:
    """One booking. `lane` of `lanes` where several stand side by side; `double` where
    the room is taken twice."""

    order: int
    appointment: int
    version: int
    span: Span
    start: datetime
    end: datetime
    family_name: str
    given_name: str
    other_name: str
    birth_date: date | None
    alike: Alike | None
    procedure: str
    modality: str
    laterality: str
    accession_number: str
    is_stat: bool
    state: str
    state_label: str
    may_move: bool
    holds: bool
    overbooked: bool
    lane: int = 0
    lanes: int = 1
    double: bool = False

    @property
    def key(self) -> str:
        """A block that moves is another one: nothing moves under a pointer."""
        span = self.span
        return f"ev-{self.appointment}-{span.first}-{span.last}-{self.lane}{self.lanes}"


@dataclass(frozen=True)
class Closed:
    span: Span
    label: str


@dataclass(frozen=True)
class Column:
    """A room on a day. `hidden` blocks lie outside the hours that are shown."""

    room: Room
    day: date
    blocks: tuple[Block, ...]
    closed: tuple[Closed, ...]
    hidden: int = 0

    @property
    def modalities(self) -> str:
        known = [each.modality for each in self.room.stations.all() if each.enabled]
        return " ".join(dict.fromkeys(known))

    @property
    def listens_to(self) -> str:
        """The room, and the orders that stand in it."""
        ids = [self.room.pk, *(block.order for block in self.blocks)]
        return " ".join(str(each) for each in dict.fromkeys(ids))

    @property
    def at_once(self) -> int:
        return sum(block.double for block in self.blocks)

    def within(self, first: int, last: int) -> Column:
        """Only what has a part between these hours."""
        window = Span(first * 60, last * 60)
        shown = tuple(block for block in self.blocks if block.span.meets(window))
        closed = tuple(each for each in self.closed if each.span.meets(window))
        hidden = len(self.blocks) - len(shown)
        return replace(self, blocks=shown, closed=closed, hidden=hidden)


def columns(
    rooms: Sequence[Room],
    days: Sequence[date],
    booked: Sequence[Appointment],
    closed: Sequence[ClosedSpan],
    alike: LookAlikes,
) -> list[Column]:
    """In the rooms' order, each with its days."""
    return [
        Column(
            room,
            day,
            tuple(
                _blocks([one for one in booked if one.room_id == room.pk], day, alike)
            ),
            tuple(_closed([one for one in closed if one.room_id == room.pk], day)),
        )
        for room in rooms
        for day in days
    ]


def hours_shown(of: Sequence[Column], *, all_hours: bool) -> tuple[int, int]:
    """The working hours, or as many more as something is booked in."""
    if all_hours:
        return 0, 24
    spans = [block.span for column in of for block in column.blocks]
    first = min([OPENS, *(span.first // 60 for span in spans)])
    last = max([CLOSES, *(-(-span.last // 60) for span in spans)])
    return first, last


def _span(start: datetime, end: datetime, day: date) -> Span | None:
    first, last = timezone.localtime(start), timezone.localtime(end)
    if first.date() > day or last.date() < day:
        return None
    begins = _minute(first) if first.date() == day else 0
    ends = _minute(last) if last.date() == day else DAY
    if ends == 0:
        return None
    # In the hour that a clock shows twice, an end may read as before its start.
    return Span(begins, ends if ends > begins else min(begins + _STEP, DAY))


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute


def _closed(spans: Sequence[ClosedSpan], day: date) -> Iterator[Closed]:
    for each in spans:
        if span := _span(each.start, each.end, day):
            yield Closed(span, each.label)


def _blocks(booked: Sequence[Appointment], day: date, alike: LookAlikes) -> list[Block]:
    found = [
        _block(each, span, alike)
        for each in booked
        if (span := _span(each.step.start, _end_of(each), day))
    ]
    found.sort(key=lambda block: (block.span.first, block.span.last))
    return [block for group in _groups(found) for block in _side_by_side(group)]


def _block(each: Appointment, span: Span, alike: LookAlikes) -> Block:
    order, patient = each.step.order, each.step.order.patient
    state = shown_state(order)
    return Block(
        order=order.pk,
        appointment=each.pk,
        version=order.version,
        span=span,
        start=each.step.start,
        end=_end_of(each),
        family_name=patient.family_name,
        given_name=patient.given_name,
        other_name=patient.other_name,
        birth_date=patient.birth_date,
        alike=alike_of(patient, mrn_beside(each), alike),
        procedure=order.procedure_text or order.procedure_code,
        modality=order.modality,
        laterality=order.laterality,
        accession_number=order.accession_number,
        is_stat=order.priority == Priority.STAT,
        state=state.value,
        state_label=_(str(state.label)),
        may_move=order.status in NOT_STARTED and each.state in HOLDS_ROOM,
        holds=each.state in HOLDS_ROOM,
        overbooked=each.overbooked,
    )


def _end_of(each: Appointment) -> datetime:
    """The exam's: the room is held a little longer, for set-up and clean-up."""
    return each.step.start + timedelta(minutes=each.step.duration_minutes)


def _groups(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Blocks that share some of the column's height, by chains."""
    group: list[Block] = []
    reach = 0
    for block in blocks:
        if group and block.span.first >= reach:
            yield group
            group, reach = [], 0
        group.append(block)
        reach = max(reach, _bottom(block))
    if group:
        yield group


def _side_by_side(group: Sequence[Block]) -> Iterator[Block]:
    lanes: list[int] = []  # where each is free again
    placed = []
    for block in group:
        free = (n for n, reach in enumerate(lanes) if reach <= block.span.first)
        lane = next(free, len(lanes))
        lanes[lane : lane + 1] = [_bottom(block)]
        placed.append((block, lane))
    for block, lane in placed:
        yield replace(
            block,
            lane=lane % _MOST_LANES,
            lanes=min(len(lanes), _MOST_LANES),
            double=_is_double(block, group),
        )


def _bottom(block: Block) -> int:
    """A short block stands as high as a line of text."""
    return max(block.span.last, block.span.first + _LEAST)


def _is_double(block: Block, group: Sequence[Block]) -> bool:
    others = (other for other in group if other is not block and other.holds)
    return block.holds and any(block.span.meets(other.span) for other in others)
