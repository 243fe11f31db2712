"""What a scanner sees: the items of a worklist query, right at this moment.

One light query finds the steps with their versions; only those whose versions changed
since the last query are read whole and built again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import Any, TypeAlias

from django.conf import settings
from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from orders.models import PatientIdentifier
from radflow.dicom.criteria import AnyOf, Single, TextCriterion, Universal
from radflow.dicom.matching import StartWindow, WorklistQuery, matches
from radflow.dicom.worklist_item import WorklistItem, missing_type1
from worklist.items import STARTED, at_station, build_item
from worklist.models import ScheduledStep, Station, StationScope
from worklist.selectors.callers import known_station
from worklist.selectors.offering import (
    OFFERABLE,
    Reach,
    offered_to,
    open_steps,
    reach_of,
)
from worklist.selectors.schedule import day_range

_Row: TypeAlias = tuple[Any, ...]

_CACHED_ITEMS = 5000
_AT_ONCE = 500
# Local times around a change of clocks: the SQL may be wider, matches() is exact.
_SLACK = timedelta(hours=2)
# Answers in the times of several sites.
_WIDE_SLACK = timedelta(hours=26)

# Everything an item is made of, by version where there is one.
_VERSIONS = (
    "pk",
    "version",
    "order_id",
    "order__version",
    "order__patient_id",
    "order__patient__version",
    "last_identifier",
    "order__visit_id",
    "order__visit__updated_at",
    "station__ae_title",
    "station__name",
    "station__room__name",
    "station__room__location",
    "station__room__site__time_zone",
    "start",
)
_STATION = _VERSIONS.index("station__ae_title")
_START = _VERSIONS.index("start")


@dataclass(frozen=True)
class Offer:
    """One answer: `key` changes whenever the item does."""

    step_pk: int
    order_id: int
    key: tuple[Any, ...]
    item: WorklistItem

    @property
    def day(self) -> str:
        """As people read it: 2026-11-28."""
        day = self.item.start_date
        return f"{day[:4]}-{day[4:6]}-{day[6:]}"

    @property
    def clock(self) -> str:
        return f"{self.item.start_time[:2]}:{self.item.start_time[2:4]}"


@dataclass(frozen=True)
class _Asker:
    """Who asks: a known station with its reach, or anybody where all are welcome."""

    ae_title: str
    station: Station | None
    reach: Reach
    zone: tzinfo


def worklist_items(query: WorklistQuery, caller: str | Station) -> Iterator[Offer]:
    """What `caller` gets for the query, by start; two database queries, more if new.

    A known scanner sees what its rules say; an unknown one, where those are welcome,
    sees all. Items that lack a type 1 value are left out: worklist.explain names what
    they lack.
    """
    station = caller if isinstance(caller, Station) else known_station(caller)
    if station is None and not settings.ACCEPT_UNKNOWN_STATIONS:
        return
    asker = _asker(station, str(caller))
    rows = list(_steps(query, asker).values_list(*_VERSIONS))
    label = _pool_label(query, asker)
    shows_started = station is not None and station.show_started
    for row, item in _built(rows):
        if item.step_status == STARTED and not shows_started:
            continue
        if row[_STATION] is None:
            item = at_station(item, row[_START], label, asker.zone)
        if not missing_type1(item) and matches(item, query):
            key = (*row, item.station_ae, item.timezone_offset)
            yield Offer(row[0], row[2], key, item)


def _built(rows: list[_Row]) -> Iterator[tuple[_Row, WorklistItem]]:
    """Some at a time: whoever asks may have enough before the last."""
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        items = _ITEMS.of(some)
        yield from ((row, items[row[0]]) for row in some if row[0] in items)


def everything_for(station: Station, most: int) -> list[Offer]:
    """What its rules offer it now, of any day, at most `most`; off: nothing."""
    if not station.enabled:
        return []
    anything = WorklistQuery(start=StartWindow())
    return list(islice(worklist_items(anything, station), most))


def _asker(station: Station | None, calling_ae: str) -> _Asker:
    if station is None:
        nowhere = Reach(frozenset(), frozenset())
        return _Asker(calling_ae, None, nowhere, timezone.get_default_timezone())
    return _Asker(station.ae_title, station, reach_of(station), station.zone)


def _steps(query: WorklistQuery, asker: _Asker) -> QuerySet[ScheduledStep]:
    station = asker.station
    steps = open_steps(station is not None and station.show_started)
    steps = steps.filter(*_asked(query, asker)).order_by("start", "pk")
    if station is not None:
        steps = steps.filter(offered_to(station, asker.reach))
    identifiers = PatientIdentifier.objects.filter(
        patient=OuterRef("order__patient")
    ).order_by()
    last = identifiers.values("patient").annotate(last=Max("pk")).values("last")
    return steps.annotate(last_identifier=Subquery(last))


def _asked(query: WorklistQuery, asker: _Asker) -> list[Q]:
    is_empty = query == WorklistQuery(unsupported=query.unsupported)
    if is_empty and not (asker.station and asker.station.has_window):
        # Nothing asked, and no window of its own: everything of today (section 6.3).
        with timezone.override(asker.zone):
            today = day_range(timezone.localdate())
        return [Q(start__gte=today.lower, start__lt=today.upper)]
    wanted = [
        _equals("modality", query.modality),
        _equals("order__accession_number", query.accession),
        _equals("order__study_instance_uid", query.study_instance_uid),
        _equals("step_id", query.step_id),
        _equals("order__requested_procedure_id", query.requested_procedure_id),
        _station(query.station_ae),
        _patient(query.patient_id),
        _start(query.start, asker),
    ]
    return [condition for condition in wanted if condition]


def _equals(column: str, criterion: TextCriterion) -> Q:
    match criterion:
        case Single(value):
            return Q(**{column: value})
        case AnyOf(values):
            return Q(**{f"{column}__in": values})
    return Q()


def _station(criterion: TextCriterion) -> Q:
    named = _equals("station_ae_title", criterion)
    return named | Q(station=None, station_ae_title="") if named else Q()


def _patient(criterion: TextCriterion) -> Q:
    named = _equals("value", criterion)
    if not named:
        return Q()
    owners = PatientIdentifier.objects.filter(named).values("patient")
    return Q(order__patient__in=owners)


def _start(window: StartWindow | Universal, asker: _Asker) -> Q:
    if isinstance(window, Universal):
        return Q()
    is_one_place = asker.station and asker.station.scope != StationScope.GROUP
    slack = _SLACK if is_one_place else _WIDE_SLACK
    condition = Q()
    if window.low is not None:
        condition &= Q(start__gte=_moment(window.low, asker.zone, -slack))
    if window.high is not None:
        condition &= Q(start__lte=_moment(window.high, asker.zone, slack))
    return condition


def _moment(local: datetime, zone: tzinfo, slack: timedelta) -> datetime:
    try:
        return local.replace(tzinfo=zone).astimezone(UTC) + slack
    except OverflowError:
        return local.replace(tzinfo=UTC)


def _pool_label(query: WorklistQuery, asker: _Asker) -> str:
    """(0040,0001) of a step without a scanner (section 6.3).

    The scanner that was asked for, where the one that asks speaks for it: in a group.
    Else the asking one; an unknown one speaks for all.
    """
    if isinstance(query.station_ae, Single):
        asked = query.station_ae.value
        if asker.station is None or asked in asker.reach.ae_titles:
            return asked
    return asker.ae_title


class _Items:
    """Built items by step, each good for exactly the versions it was built from."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[int, tuple[_Row, WorklistItem]] = OrderedDict()

    def of(self, rows: list[_Row]) -> dict[int, WorklistItem]:
        with self._lock:
            known = {row[0]: self._known.get(row[0]) for row in rows}
        found = {
            row[0]: kept[1]
            for row in rows
            if (kept := known[row[0]]) and kept[0] == row
        }
        missing = [row for row in rows if row[0] not in found]
        if missing:
            found |= self._build(missing)
        return found

    def _build(self, rows: list[_Row]) -> dict[int, WorklistItem]:
        """A step that changed between the two queries is newer than its key: that
        item is used once and not kept."""
        steps = ScheduledStep.objects.filter(pk__in=[row[0] for row in rows])
        built = {
            step.pk: (step, build_item(step))
            for step in steps.select_related(
                "order__patient", "order__visit", "station__room__site"
            ).prefetch_related("order__patient__identifiers", "order__protocollings")
            if step.order.status in OFFERABLE and not step.closed
        }
        with self._lock:
            for row in rows:
                if row[0] in built and _is_same(row, built[row[0]][0]):
                    self._known[row[0]] = (row, built[row[0]][1])
                    self._known.move_to_end(row[0])
            while len(self._known) > _CACHED_ITEMS:
                self._known.popitem(last=False)
        return {pk: item for pk, (_, item) in built.items()}


def _is_same(row: _Row, step: ScheduledStep) -> bool:
    order = step.order
    return (row[1], row[3], row[5]) == (
        step.version,
        order.version,
        order.patient.version,
    )


_ITEMS = _Items()
