"""What a scanner sees: the items of a worklist query, right at this moment.

One light query finds the steps with their versions; only those whose versions changed
since the last query are read whole and built again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from orders.lifecycle import WORKLIST_STATES
from orders.models import PatientIdentifier
from radflow.dicom.criteria import AnyOf, Single, TextCriterion, Universal
from radflow.dicom.matching import StartWindow, WorklistQuery, matches
from radflow.dicom.worklist_item import WorklistItem, missing_type1
from worklist.items import build_item
from worklist.lifecycle import HOLDS_ROOM
from worklist.models import Appointment, DicomNode, ScheduledStep, Station
from worklist.selectors.schedule import day_range

_CACHED_ITEMS = 5000
# Local times around a change of clocks: the SQL may be wider, matches() is exact.
_SLACK = timedelta(hours=2)

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
)


@dataclass(frozen=True)
class Offer:
    """One answer: `key` changes whenever the item does."""

    step_pk: int
    order_id: int
    key: tuple[Any, ...]
    item: WorklistItem


def refusal(calling_ae: str) -> str | None:
    """Why this AE title gets no association; None when it is welcome."""
    station = Station.objects.filter(ae_title=calling_ae).first()
    if station is None:
        if DicomNode.objects.filter(ae_title=calling_ae, enabled=True).exists():
            return None
        return None if settings.ACCEPT_UNKNOWN_STATIONS else "is not a known station"
    return None if station.enabled else "is switched off"


def known_station(ae_title: str) -> Station | None:
    return Station.objects.filter(ae_title=ae_title, enabled=True).first()


def worklist_items(query: WorklistQuery, caller: str | Station) -> Iterator[Offer]:
    """What `caller` gets for the query, by start; two database queries, three if new.

    A known scanner sees its own steps and those any scanner of its modality may take;
    an unknown one, where those are welcome, sees all. Items that lack a type 1 value
    are left out: worklist.explain names what they lack.
    """
    station = caller if isinstance(caller, Station) else known_station(caller)
    if station is None and not settings.ACCEPT_UNKNOWN_STATIONS:
        return
    calling_ae = station.ae_title if station else str(caller)
    rows = list(_steps(query, station).values_list(*_VERSIONS))
    items = _ITEMS.of(rows)
    label = _pool_label(query, station, calling_ae)
    for row in rows:
        item = items.get(row[0])
        if item is None:
            continue
        if not item.station_ae:
            item = replace(item, station_ae=label)
        if not missing_type1(item) and matches(item, query):
            yield Offer(row[0], row[2], (*row, item.station_ae), item)


def _steps(query: WorklistQuery, station: Station | None) -> QuerySet[ScheduledStep]:
    steps = open_steps().filter(*_asked(query)).order_by("start", "pk")
    if station is not None:
        steps = steps.filter(offered_to(station))
    identifiers = PatientIdentifier.objects.filter(
        patient=OuterRef("order__patient")
    ).order_by()
    last = identifiers.values("patient").annotate(last=Max("pk")).values("last")
    return steps.annotate(last_identifier=Subquery(last))


def open_steps() -> QuerySet[ScheduledStep]:
    """The steps that some scanner may see now, whoever asks."""
    return ScheduledStep.objects.filter(
        closed=False,
        order__status__in=WORKLIST_STATES,
        # A changed procedure makes the step for the old one worthless.
        made_for=F("order__modality"),
        order__identity_conflict="",
    )


def offered_to(station: Station) -> Q:
    """Its own steps, and those without a scanner: of its modality, not elsewhere."""
    elsewhere = Appointment.objects.filter(
        step=OuterRef("pk"), state__in=HOLDS_ROOM
    ).exclude(room=station.room_id)
    pool = Q(station=None, station_ae_title="", modality=station.modality)
    return Q(station_ae_title=station.ae_title) | (pool & Q(~Exists(elsewhere)))


def _asked(query: WorklistQuery) -> list[Q]:
    if query == WorklistQuery(unsupported=query.unsupported):
        # Nothing asked: everything of today (section 6.3).
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
        _start(query.start),
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


def _start(window: StartWindow | Universal) -> Q:
    if isinstance(window, Universal):
        return Q()
    condition = Q()
    if window.low is not None:
        condition &= Q(start__gte=_moment(window.low, -_SLACK))
    if window.high is not None:
        condition &= Q(start__lte=_moment(window.high, _SLACK))
    return condition


def _moment(local: datetime, slack: timedelta) -> datetime:
    try:
        return timezone.make_aware(local, timezone.get_default_timezone()) + slack
    except OverflowError:
        return timezone.make_aware(local, timezone.get_default_timezone())


def _pool_label(query: WorklistQuery, station: Station | None, calling_ae: str) -> str:
    """(0040,0001) of a step without a scanner (section 6.3).

    A known scanner is offered its own pool alone, so it speaks for itself.
    """
    if station is None and isinstance(query.station_ae, Single):
        return query.station_ae.value
    return calling_ae


class _Items:
    """Built items by step, each good for exactly the versions it was built from."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[int, tuple[tuple[Any, ...], WorklistItem]] = (
            OrderedDict()
        )

    def of(self, rows: list[tuple[Any, ...]]) -> dict[int, WorklistItem]:
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

    def _build(self, rows: list[tuple[Any, ...]]) -> dict[int, WorklistItem]:
        """A step that changed between the two queries is newer than its key: that
        item is used once and not kept."""
        steps = ScheduledStep.objects.filter(pk__in=[row[0] for row in rows])
        built = {
            step.pk: (step, build_item(step))
            for step in steps.select_related(
                "order__patient", "order__visit", "station__room"
            ).prefetch_related("order__patient__identifiers")
            if step.order.status in WORKLIST_STATES and not step.closed
        }
        with self._lock:
            for row in rows:
                if row[0] in built and _is_same(row, built[row[0]][0]):
                    self._known[row[0]] = (row, built[row[0]][1])
                    self._known.move_to_end(row[0])
            while len(self._known) > _CACHED_ITEMS:
                self._known.popitem(last=False)
        return {pk: item for pk, (_, item) in built.items()}


def _is_same(row: tuple[Any, ...], step: ScheduledStep) -> bool:
    order = step.order
    return (row[1], row[3], row[5]) == (
        step.version,
        order.version,
        order.patient.version,
    )


_ITEMS = _Items()
