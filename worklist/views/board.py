"""The department board: every exam of the day, live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from orders.lifecycle import TERMINAL_STATES, ExamState
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.accounts.standing import site_of
from radflow.audit import services as audit
from worklist.forms import BoardForm
from worklist.selectors import (
    BoardFilter,
    board_orders,
    counts_by_state,
    look_alikes,
    stations,
)
from worklist.views.rows import exam_rows

PAGE = 50
S = ExamState
Counts = Mapping[ExamState, int]
# What stands in one step of the strip; a patient who is ready has arrived.
_STRIP: tuple[tuple[ExamState, ...], ...] = (
    (S.ORDERED,),
    (S.SCHEDULED,),
    (S.ARRIVED, S.READY),
    (S.IN_PROGRESS,),
    (S.PERFORMED,),
    (S.ON_HOLD,),
    (S.DISCONTINUED,),
    (S.CANCELLED,),
)


@dataclass(frozen=True)
class Step:
    state: ExamState
    count: int
    url: str
    chosen: bool


@requires(Capability.VIEW_ORDERS)
def board(request: HttpRequest) -> HttpResponse:
    """The whole page; its address holds every filter."""
    form = _form(request)
    wanted = form.wanted(site_of(request))
    found = counts_by_state(wanted)
    context = {"form": form, **_strip(request, wanted, found)}
    context |= _rows(request, wanted, found)
    return render(request, "worklist/board.html", context)


@requires(Capability.VIEW_ORDERS)
def counts(request: HttpRequest) -> HttpResponse:
    """The live strip: numbers only, nobody's data."""
    wanted = _form(request).wanted(site_of(request))
    context = _strip(request, wanted, counts_by_state(wanted))
    return render(request, "worklist/_counts.html", context)


@requires(Capability.VIEW_ORDERS)
def rows(request: HttpRequest) -> HttpResponse:
    """The live list."""
    wanted = _form(request).wanted(site_of(request))
    context = _rows(request, wanted, counts_by_state(wanted))
    return render(request, "worklist/_rows.html", context)


def _form(request: HttpRequest) -> BoardForm:
    known = dict.fromkeys(station.modality for station in stations())
    return BoardForm(request.GET, known)


def _strip(
    request: HttpRequest, wanted: BoardFilter, found: Counts
) -> dict[str, object]:
    steps = [
        Step(
            state=states[0],
            count=sum(found[state] for state in states),
            url=_toggled(request.GET, states, wanted),
            chosen=set(states) <= set(wanted.states),
        )
        for states in _STRIP
    ]
    return {"steps": steps}


def _toggled(
    query: QueryDict, states: tuple[ExamState, ...], wanted: BoardFilter
) -> str:
    """The board with these states alone; pressed again, with all of them."""
    changed = query.copy()
    chosen = set(states) <= set(wanted.states)
    changed.pop("page", None)
    changed.setlist("state", [] if chosen else [str(state) for state in states])
    return f"{reverse('worklist:board')}?{changed.urlencode()}"


def _rows(
    request: HttpRequest, wanted: BoardFilter, found: Counts
) -> dict[str, object]:
    pages = Paginator(range(_total(wanted, found)), PAGE)
    page = pages.get_page(request.GET.get("page"))
    after = max(page.start_index() - 1, 0)
    orders = board_orders(wanted, limit=PAGE, after=after)
    audit.record_view(
        request, "board_viewed", detail={"orders": [order.pk for order in orders]}
    )
    query = request.GET.urlencode()
    here = (
        f"{reverse('worklist:board')}?{query}" if query else reverse("worklist:board")
    )
    return {
        "rows": exam_rows(orders, look_alikes(wanted.day, wanted.site)),
        "page": page,
        "may_schedule": current_user(request).may(Capability.SCHEDULE),
        "filtered": bool(wanted.text or wanted.modality or wanted.states),
        "here": here,
        "back": urlencode({"next": here}),
        "query": query,
    }


def _total(wanted: BoardFilter, found: Counts) -> int:
    shown = [S(state) for state in wanted.states] or set(S) - TERMINAL_STATES
    return sum(found[state] for state in shown)
