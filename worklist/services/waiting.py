"""The wait list: exams that want an earlier slot, and slots that were given back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from django.db.models import Case, IntegerField, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.lifecycle import ExamState
from orders.models import Order, OrderEvent
from orders.services import note_on
from radflow import unit
from radflow.audit import services as audit
from radflow.live import services as live
from worklist.exceptions import NotBookable
from worklist.models import FreedSlot, Room, WaitListEntry
from worklist.selectors.free_time import Wishes, find_slots
from worklist.selectors.hours import Span, closed_spans
from worklist.selectors.obstacles import room_obstacles
from worklist.selectors.schedule import Slot
from worklist.services.booking import lock_order

State = WaitListEntry.State
_WAITS_IN = (ExamState.ORDERED, ExamState.SCHEDULED)
_FIRST = ("S", "A", "R")
MOST_OPENINGS = 20
MOST_OFFERS = 5


@dataclass(frozen=True)
class Wish:
    """Empty is no wish; days are those of the room's clock, the last included."""

    not_before: date | None = None
    not_after: date | None = None
    part_of_day: str = ""
    room: Room | None = None
    notice_hours: int = 0
    note: str = ""


@dataclass(frozen=True)
class Offer:
    """Where an exam of the list would fit into what was given back."""

    entry: WaitListEntry
    slot: Slot


@dataclass(frozen=True)
class Opening:
    freed: FreedSlot
    offers: list[Offer]


@unit.atomic
def put_on_list(*, order_id: int, wish: Wish, cause: Cause) -> WaitListEntry:
    """One entry per exam: a second time its wishes are replaced, its place is kept."""
    order = lock_order(order_id)
    if order.status not in _WAITS_IN or not order.modality:
        raise NotBookable(
            _("Only an exam that waits for a slot, or for its time, can be listed.")
        )
    entry = WaitListEntry.objects.filter(order=order, state=State.WAITING).first()
    entry = entry or WaitListEntry(order=order, since=cause.at, made_by=cause.user)
    for name, value in vars(wish).items():
        setattr(entry, name, value)
    entry.wanted_before = order.scheduled_start
    entry.save()
    _tell(order, gettext_noop("Put on the wait list"), "wait_listed", entry, cause)
    return entry


@unit.atomic
def take_off_list(*, entry_id: int, cause: Cause) -> WaitListEntry:
    """Once is enough: one that waits no more stays as it is."""
    order_id = WaitListEntry.objects.values_list("order_id", flat=True).get(pk=entry_id)
    order = lock_order(order_id)
    entry = WaitListEntry.objects.get(pk=entry_id)
    if entry.state == State.WAITING:
        entry.state, entry.ended_at = State.WITHDRAWN, cause.at
        entry.save()
        title = gettext_noop("Taken off the wait list")
        _tell(order, title, "wait_withdrawn", entry, cause)
    return entry


def _tell(
    order: Order, title: str, action: str, entry: WaitListEntry, cause: Cause
) -> None:
    note_on(order, kind=OrderEvent.Kind.NOTE, title=title, detail="", cause=cause)
    audit.record(
        action,
        actor=cause.user,
        actor_text=cause.actor,
        patient_id=order.patient_id,
        order_id=order.pk,
        detail={"entry": entry.pk},
    )


def waiting_list() -> list[WaitListEntry]:
    """STAT before urgent before the rest; who waits longest before others."""
    ranks = [
        When(order__priority=one, then=Value(rank)) for rank, one in enumerate(_FIRST)
    ]
    rank = Case(*ranks, default=Value(len(ranks)), output_field=IntegerField())
    found = WaitListEntry.objects.filter(
        state=State.WAITING, order__status__in=_WAITS_IN
    )
    return list(
        found.select_related("order__patient", "order__peer", "room")
        .prefetch_related("order__patient__identifiers")
        .order_by(rank, "since", "pk")
    )


def openings() -> list[Opening]:
    """What was given back and is ahead, with who fits, in the order of the list."""
    freed = (
        FreedSlot.objects.filter(
            dismissed_at=None,
            freed_at__gt=timezone.now() - timedelta(days=180),
            during__endswith__gt=timezone.now(),
        )
        .select_related("room__site")
        .prefetch_related("room__stations")
    )
    waiting = waiting_list()
    found: list[Opening] = []
    for one in freed if waiting else ():
        if offers := _offers(one, waiting):
            found.append(Opening(one, offers))
        if len(found) == MOST_OPENINGS:
            break
    return found


def _offers(freed: FreedSlot, waiting: list[WaitListEntry]) -> list[Offer]:
    """The first few: who comes behind them is asked when they do not want it."""
    if not _is_free(freed):
        return []
    fitting = (entry for entry in waiting if _may_fit(freed, entry))
    offers = (_offer(freed, entry) for entry in fitting)
    return list(islice((offer for offer in offers if offer), MOST_OFFERS))


def _is_free(freed: FreedSlot) -> bool:
    """Any of it: somebody may have it by now, or the room is shut."""
    span = Span(freed.during.lower, freed.during.upper)
    found = room_obstacles([freed.room], span)[freed.room_id]
    taken = sorted((one.span for one in found), key=lambda one: one.start)
    return bool(closed_spans(taken, span))


def _may_fit(freed: FreedSlot, entry: WaitListEntry) -> bool:
    """What can be said without asking the database."""
    modalities = {one.modality for one in freed.room.stations.all() if one.enabled}
    has = entry.order.scheduled_start
    return (
        entry.room_id in (None, freed.room_id)
        and entry.order.modality in modalities
        and (has is None or freed.during.lower < has)
    )


def _offer(freed: FreedSlot, entry: WaitListEntry) -> Offer | None:
    """Rooms, hours, blocks and rules are asked again."""
    soonest = timezone.now() + timedelta(hours=entry.notice_hours)
    wishes = Wishes(
        earliest=max(freed.during.lower, soonest),
        latest=freed.during.upper,
        part_of_day=entry.part_of_day,
        room_id=freed.room_id,
    )
    slots = find_slots(entry.order, wishes, limit=1).slots
    if slots and _is_wished(entry, slots[0]):
        return Offer(entry, slots[0])
    return None


def _is_wished(entry: WaitListEntry, slot: Slot) -> bool:
    day = slot.start.astimezone(slot.room.site.zone).date()
    has = entry.order.scheduled_start
    return (
        (entry.not_before is None or entry.not_before <= day)
        and (entry.not_after is None or day <= entry.not_after)
        and (has is None or slot.start < has)
    )


@unit.atomic
def dismiss(*, freed_id: int, cause: Cause) -> FreedSlot:
    """Nobody of the list wants it: it is not proposed again."""
    freed = FreedSlot.objects.select_for_update().get(pk=freed_id)
    if freed.dismissed_at is None:
        freed.dismissed_at, freed.dismissed_by = cause.at, cause.user
        freed.save()
        detail = {"freed": freed.pk, "room": freed.room_id}
        audit.record("opening_dismissed", actor=cause.user, detail=detail)
        live.publish("room", freed.room_id)
    return freed
