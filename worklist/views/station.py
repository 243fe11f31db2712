"""The technologist's station: one scanner, its patients, the next one first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.lifecycle import ExamState
from orders.models import Order, Priority, Protocolling
from orders.selectors.protocols import protocols_of, without_protocol
from orders.selectors.safety import Asked, checklists_of, contrast_exams, open_codes
from radflow.accounts.access import requires
from radflow.accounts.roles import Capability
from radflow.accounts.standing import site_of
from radflow.audit import services as audit
from worklist.models import PerformedStep, ScheduledStep, Station, Verification
from worklist.selectors import look_alikes, station_list, stations
from worklist.selectors.recording import unrecorded
from worklist.selectors.scanner import last_checks, last_contact, running_steps
from worklist.views.patient_facts import Fact, facts_of
from worklist.views.rows import ExamRow, exam_rows

S = ExamState
HERE = "station_id"
CHOSEN_AT = "station_chosen_at"  # the site where the person stood then
_RANK = {Priority.STAT: 0, Priority.ASAP: 1}
_READY = (S.ARRIVED, S.READY)


@dataclass(frozen=True)
class Line:
    """A scheduled step in the room list."""

    step: ScheduledStep
    row: ExamRow
    is_front: bool = False
    no_protocol: bool = False

    @property
    def order(self) -> Order:
        return self.step.order

    @property
    def url(self) -> str:
        """To do: brings the patient to the front. Done: the order."""
        if self.row.status in (S.SCHEDULED, *_READY):
            return f"{reverse('worklist:station')}?exam={self.row.pk}"
        return reverse("orders:detail", args=[self.row.pk])


@dataclass(frozen=True)
class Card:
    """The patient in front: the next one, or the one that was chosen."""

    line: Line
    chosen: bool
    facts: list[Fact]
    safety: list[Asked]

    @property
    def may_begin(self) -> bool:
        return self.line.row.status in (S.SCHEDULED, *_READY)

    @property
    def may_arrive(self) -> bool:
        return self.line.row.status == S.SCHEDULED


@dataclass(frozen=True)
class OnTable:
    order: Order
    row: ExamRow
    performed: PerformedStep | None
    check: Verification | None
    protocol: Protocolling | None
    lacks_protocol: bool
    safety_open: bool


@dataclass(frozen=True)
class Unrecorded:
    """An exam that ended with nothing recorded; `contrast` should have been."""

    order: Order
    contrast: bool


@requires(Capability.PERFORM_EXAM)
def station(request: HttpRequest) -> HttpResponse:
    """The page; the scanner is remembered until the person goes to another site."""
    here, site = chosen_station(request), site_of(request)
    offered = list(stations(site=site))
    if here is None or (here not in offered and _came_from_elsewhere(request)):
        return render(request, "worklist/stations.html", {"stations": offered})
    request.session[HERE] = here.pk
    request.session[CHOSEN_AT] = site.pk if site else None
    if wanted := request.GET.get("find", "").strip():
        return _find(request, here, wanted)
    if here not in offered:
        offered.append(here)  # by its address
    context = {"stations": offered, **_context(request, here)}
    return render(request, "worklist/station.html", context)


def _came_from_elsewhere(request: HttpRequest) -> bool:
    site = site_of(request)
    stands_at = site.pk if site else None
    is_named = "station" in request.GET
    return not is_named and request.session.get(CHOSEN_AT) != stands_at


@requires(Capability.PERFORM_EXAM)
def live(request: HttpRequest) -> HttpResponse:
    """The live part of the page."""
    here = chosen_station(request)
    if here is None:
        return HttpResponse(_("Choose a scanner."), status=400)
    return render(request, "worklist/_station.html", _context(request, here))


def chosen_station(request: HttpRequest) -> Station | None:
    """The one in the address, else the one of this session."""
    asked = str(request.GET.get("station") or request.session.get(HERE, ""))
    return stations().filter(pk=asked).first() if asked.isdecimal() else None


def _find(request: HttpRequest, here: Station, wanted: str) -> HttpResponse:
    """A wristband or requisition read anywhere on the page opens its gate."""
    steps = station_list(here, timezone.localdate())
    found = {step.order_id for step in steps if wanted in names_of(step.order)}
    if len(found) == 1:
        return redirect("worklist:gate", found.pop())
    several = _("Several exams of today fit. Choose one.")
    messages.error(request, several if found else _("Not on this list."))
    return redirect("worklist:station")


def names_of(order: Order) -> set[str]:
    """What a wristband or a requisition of this exam may say."""
    known = {identifier.value for identifier in order.patient.identifiers.all()}
    return {order.accession_number, *known}


def _context(request: HttpRequest, here: Station) -> dict[str, object]:
    is_today = request.GET.get("day") != "tomorrow"
    lines = _lines(here, _day(is_today))
    seen = [line.row.pk for line in lines]
    audit.record_view(
        request, "station_viewed", detail={"station": here.pk, "orders": seen}
    )
    card = _card(here, lines, request.GET.get("exam", "")) if is_today else None
    return {
        "station": here,
        "lines": [_marked(line, card) for line in lines],
        "done": sum(line.row.is_done for line in lines),
        "card": card,
        "on_table": _on_table(here, [line for line in lines if _is_running(line)]),
        "to_record": _to_record(lines) if is_today else [],
        "contact": last_contact(here),
        "is_today": is_today,
        "query": _query(request, here),
    }


def _marked(line: Line, card: Card | None) -> Line:
    return replace(line, is_front=True) if card and line is card.line else line


def _day(is_today: bool) -> date:
    today = timezone.localdate()
    return today if is_today else today + timedelta(days=1)


def _query(request: HttpRequest, here: Station) -> str:
    kept = {key: request.GET[key] for key in ("day", "exam") if key in request.GET}
    return urlencode({"station": here.pk, **kept})


def _lines(here: Station, day: date) -> list[Line]:
    """To do before done, each by time."""
    steps = station_list(here, day)
    found = look_alikes(day, here.room.site)
    rows = exam_rows([step.order for step in steps], found)
    lacking = without_protocol([step.order for step in steps])
    lines = [
        Line(step, row, no_protocol=step.order_id in lacking and not row.is_done)
        for step, row in zip(steps, rows, strict=True)
    ]
    return sorted(lines, key=lambda line: line.row.is_done)


def _card(here: Station, lines: list[Line], wanted: str) -> Card | None:
    chosen = [line for line in lines if str(line.row.pk) == wanted]
    front = chosen[0] if chosen else _next(lines)
    if front is None:
        return None
    asked = checklists_of([front.order], here.room.site)[front.row.pk]
    return Card(front, bool(chosen), facts_of(front.order, asked), asked)


def _next(lines: list[Line]) -> Line | None:
    """Who is here goes first, by urgency and time; else the next one booked."""
    here = [line for line in lines if line.row.status in _READY]
    booked = [line for line in lines if line.row.status == S.SCHEDULED]
    return min(here or booked, key=_turn, default=None)


def _turn(line: Line) -> tuple[int, float]:
    rank = _RANK.get(Priority(line.row.priority), len(_RANK))
    return rank, line.step.start.timestamp()


def _is_running(line: Line) -> bool:
    return line.row.status == S.IN_PROGRESS


def _on_table(here: Station, lines: list[Line]) -> list[OnTable]:
    orders = [line.order for line in lines]
    steps, checks = running_steps(orders), last_checks(orders)
    protocols = protocols_of(orders)
    asked = checklists_of(orders, here.room.site)
    return [
        OnTable(
            line.order,
            line.row,
            steps.get(line.row.pk),
            checks.get(line.row.pk),
            protocols.get(line.row.pk),
            line.no_protocol,
            bool(open_codes(asked[line.row.pk])),
        )
        for line in lines
    ]


def _to_record(lines: list[Line]) -> list[Unrecorded]:
    found = unrecorded([line.order for line in lines])
    contrast = contrast_exams(found)
    return [Unrecorded(order, order.pk in contrast) for order in found]
