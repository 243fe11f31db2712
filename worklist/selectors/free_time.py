"""First free times for an exam, over rooms and days, and why the others are none."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import Order
from radflow.sites.models import Site
from worklist.models import PartOfDay, Room
from worklist.selectors.hours import Span, closed_spans, daily_spans
from worklist.selectors.obstacles import (
    TAKEN,
    Obstacle,
    patient_obstacles,
    room_obstacles,
)
from worklist.selectors.schedule import (
    GRID,
    Plan,
    Slot,
    day_range,
    on_grid,
    plan_of,
    stations,
)

LONGEST_SEARCH = timedelta(days=120)
PARTS: dict[str, tuple[time, time]] = {
    PartOfDay.MORNING: (time(6), time(12)),
    PartOfDay.AFTERNOON: (time(12), time(18)),
    PartOfDay.EVENING: (time(18), time(0)),
}
PART_OF_DAY = "PART_OF_DAY"
_NOON = time(12)


@dataclass(frozen=True)
class Wishes:
    """What a time must be; `earliest` and `latest` bound the exam, aware.

    `minutes` is how long it takes; None: as its step has or the catalogue says.
    """

    earliest: datetime
    latest: datetime
    part_of_day: str = PartOfDay.ANY
    site: Site | None = None
    room_id: int | None = None
    minutes: int | None = None

    def span(self) -> Span:
        """Not in the past, not endless."""
        start = max(self.earliest, timezone.now())
        return Span(start, max(start, min(self.latest, start + LONGEST_SEARCH)))


@dataclass(frozen=True)
class Hindrance:
    """`of_room` counts for set-up and clean-up too, else for the exam alone."""

    obstacle: Obstacle
    of_room: bool

    def hits(self, start: datetime, plan: Plan) -> bool:
        first, last = start, start + plan.exam
        if self.of_room:
            first, last = start - plan.before, last + plan.after
        return self.obstacle.span.overlaps(first, last)

    def next_start(self, plan: Plan) -> datetime:
        """The first start of an exam behind it."""
        return self.obstacle.span.end + (plan.before if self.of_room else timedelta())


@dataclass(frozen=True)
class Planned:
    """An exam with the time that was found for it, not booked yet."""

    order: Order
    slot: Slot
    plan: Plan

    def exam(self) -> Span:
        return Span(self.slot.start, self.slot.end)

    def obstacle(self) -> Obstacle:
        hold = self.plan.hold(self.slot.start)
        text = _("Another exam of the series is planned then.")
        return Obstacle(TAKEN, Span(hold.lower, hold.upper), text, self.order.pk)


Hindrances = dict[int, list[Hindrance]]


@dataclass(frozen=True)
class Search:
    """`slots` are exams' times, the best first; `obstacles` say what was in the way."""

    slots: list[Slot]
    obstacles: list[tuple[Room, Obstacle]]


def rooms_for(
    modality: str, *, site: Site | None = None, room_id: int | None = None
) -> list[Room]:
    """Those with a scanner of the modality, in their order."""
    found = dict.fromkeys(one.room for one in stations(modality, site))
    return [room for room in found if room_id is None or room.pk == room_id]


def free_slots(
    modality: str,
    day: date,
    duration: timedelta,
    *,
    site: Site | None = None,
    limit: int = 30,
) -> list[Slot]:
    """Times of a local day when a room with a scanner of the modality is free."""
    window = day_range(day)
    span = Wishes(window.lower, window.upper).span()
    rooms, plan = rooms_for(modality, site=site), Plan(duration)
    found = _by_room(rooms, span, plan)
    slots = _sorted(rooms, plan, span, found, limit)
    return slots[:limit]


def find_slots(
    order: Order,
    wishes: Wishes,
    *,
    limit: int = 6,
    besides: Sequence[Planned] = (),
) -> Search:
    """Mornings come first where the patient must fast; then what is soonest."""
    plan = plan_of(order, wishes.minutes)
    window = wishes.span()
    rooms = rooms_for(order.modality, site=wishes.site, room_id=wishes.room_id)
    found = _in_the_way(order, rooms, plan, wishes, besides)
    slots = _sorted(rooms, plan, window, found, limit)[:limit]
    return Search(slots, _told(rooms, found, slots, window))


def why_not(order: Order, room: Room, start: datetime, wishes: Wishes) -> list[str]:
    """All that stands against this time; empty where it would be proposed."""
    plan = plan_of(order, wishes.minutes)
    found = _in_the_way(order, [room], plan, wishes)[room.pk]
    reasons = [one.obstacle.text for one in found if one.hits(start, plan)]
    if start < timezone.now():
        reasons.insert(0, _("This time has passed."))
    if not wishes.earliest <= start <= wishes.latest - plan.exam:
        reasons.append(_("It is not within the days that were asked for."))
    return reasons


def _sorted(
    rooms: Sequence[Room], plan: Plan, window: Span, found: Hindrances, most: int
) -> list[Slot]:
    slots = [
        slot
        for room in rooms
        for slot in _free(room, plan, window, found[room.pk], most)
    ]
    return sorted(
        slots,
        key=lambda one: (
            plan.fasting and not _is_early(one),
            one.start,
            one.room.position,
        ),
    )


def _is_early(slot: Slot) -> bool:
    return slot.start.astimezone(slot.room.site.zone).time() < _NOON


def _by_room(
    rooms: Sequence[Room], window: Span, plan: Plan, order: Order | None = None
) -> Hindrances:
    wide = Span(window.start - plan.before, window.end + plan.exam + plan.after)
    found = room_obstacles(rooms, wide, apart_from=order, usual=True)
    return {pk: [Hindrance(one, True) for one in some] for pk, some in found.items()}


def _in_the_way(
    order: Order,
    rooms: Sequence[Room],
    plan: Plan,
    wishes: Wishes,
    besides: Sequence[Planned] = (),
) -> Hindrances:
    window = wishes.span()
    others = [(one.order, one.exam()) for one in besides]
    of_patient = [Hindrance(one, False) for one in patient_obstacles(order, others)]
    found = _by_room(rooms, window, plan, order)
    for one in besides:
        if one.slot.room.pk in found:
            found[one.slot.room.pk].append(Hindrance(one.obstacle(), True))
    for room in rooms:
        by_wish = _outside(room, window, wishes.part_of_day)
        found[room.pk] += [*of_patient, *(Hindrance(one, False) for one in by_wish)]
    return found


def _outside(room: Room, window: Span, part: str) -> list[Obstacle]:
    """The rest of each day, where a part of it is wished."""
    if part not in PARTS:
        return []
    days = daily_spans(room.site.zone, window, *PARTS[part])
    text = _("Another part of the day is wished.")
    return [Obstacle(PART_OF_DAY, one, text) for one in closed_spans(days, window)]


def _free(
    room: Room, plan: Plan, window: Span, found: list[Hindrance], most: int
) -> list[Slot]:
    """Walks from obstacle to obstacle; each step leaves at least one behind."""
    ahead = deque(sorted(found, key=lambda one: one.obstacle.span.start))
    early: list[Slot] = []
    late: list[Slot] = []
    start = on_grid(window.start)
    while start + plan.exam <= window.end:
        while ahead and ahead[0].obstacle.span.end <= start - plan.before:
            ahead.popleft()
        hit = _first_hit(ahead, start, plan)
        if hit:
            start = on_grid(max(hit.next_start(plan), start + GRID))
            continue
        slot = Slot(room, start, start + plan.exam)
        (early if not plan.fasting or _is_early(slot) else late).append(slot)
        if len(early) >= most:
            break
        start = on_grid(start + plan.exam + plan.after + plan.before)
    return [*early, *late][:most]


def _first_hit(
    ahead: Iterable[Hindrance], start: datetime, plan: Plan
) -> Hindrance | None:
    """Of those in the order of their starts."""
    last = start + plan.exam + plan.after
    for one in ahead:
        if one.obstacle.span.start >= last:
            return None
        if one.hits(start, plan):
            return one
    return None


def _told(
    rooms: Sequence[Room], found: Hindrances, slots: list[Slot], window: Span
) -> list[tuple[Room, Obstacle]]:
    """What stands before the last time that is proposed, by room and time."""
    until = max((slot.start for slot in slots), default=window.end)
    return [
        (room, one.obstacle)
        for room in rooms
        for one in sorted(found[room.pk], key=lambda one: one.obstacle.span.start)
        if one.obstacle.span.overlaps(window.start, until)
    ]
