"""Which steps a station is offered, by its own rules; worklist.explain says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from orders.lifecycle import WORKLIST_STATES, ExamState
from worklist.lifecycle import HOLDS_ROOM
from worklist.models import Appointment, ScheduledStep, Station, StationScope

# A patient who is here stays on the list, however late it has become.
IS_HERE = frozenset({ExamState.ARRIVED, ExamState.READY, ExamState.IN_PROGRESS})
OFFERABLE = WORKLIST_STATES | {ExamState.IN_PROGRESS}


@dataclass(frozen=True)
class Reach:
    """The AE titles whose steps a station is offered, and its rooms."""

    ae_titles: frozenset[str]
    rooms: frozenset[int]


def reach_of(station: Station) -> Reach:
    """A query of its own for a group only."""
    members = [station]
    if station.scope == StationScope.GROUP:
        members += Station.objects.filter(group=station.group)
    return reach_among(station, members)


def reach_among(station: Station, others: list[Station]) -> Reach:
    """As `reach_of`, from stations at hand."""
    members = [station]
    if station.scope == StationScope.GROUP:
        members += [other for other in others if other.group == station.group]
    return Reach(
        frozenset(member.ae_title for member in members),
        frozenset(member.room_id for member in members),
    )


def open_steps(show_started: bool = False) -> QuerySet[ScheduledStep]:
    """The steps that some scanner may see now, whoever asks."""
    return ScheduledStep.objects.filter(
        closed=False,
        order__status__in=OFFERABLE if show_started else WORKLIST_STATES,
        # A changed procedure makes the step for the old one worthless.
        made_for=F("order__modality"),
        order__identity_conflict="",
    )


def offered_to(station: Station, reach: Reach) -> Q:
    """Its own steps; by its scope those of its pool and its group; in its window."""
    wanted = Q(station_ae_title=station.ae_title)
    if station.scope == StationScope.GROUP:
        others = reach.ae_titles - {station.ae_title}
        wanted |= Q(station_ae_title__in=others, modality=station.modality)
    if station.scope != StationScope.OWN:
        wanted |= _pool(station, reach)
    return wanted & _window(station)


def _pool(station: Station, reach: Reach) -> Q:
    """Without a scanner, of its modality, and not booked elsewhere."""
    elsewhere = Appointment.objects.filter(
        step=OuterRef("pk"), state__in=HOLDS_ROOM
    ).exclude(room__in=reach.rooms)
    pool = Q(station=None, station_ae_title="", modality=station.modality)
    return pool & Q(~Exists(elsewhere))


def _window(station: Station) -> Q:
    now, window = timezone.now(), Q()
    if station.look_ahead_hours is not None:
        window &= Q(start__lte=now + timedelta(hours=station.look_ahead_hours))
    if station.look_behind_hours is not None:
        oldest = now - timedelta(hours=station.look_behind_hours)
        window &= Q(start__gte=oldest) | Q(order__status__in=IS_HERE)
    return window
