"""The tray of the room board: exams that wait for a slot."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from orders.selectors import mrn_of
from radflow.accounts.access import requires
from radflow.accounts.roles import Capability
from radflow.accounts.standing import site_of
from radflow.audit import services as audit
from worklist.alike import alike_of
from worklist.selectors import LookAlikes, look_alikes
from worklist.selectors.planner import minutes_of, waiting_counts, waiting_orders
from worklist.views.planner_asked import Asked, read
from worklist.views.rows import ExamRow, exam_row

PAGE = 20


@dataclass(frozen=True)
class Card:
    """An exam that waits for a slot."""

    row: ExamRow
    version: int
    minutes: int
    modality: str


@dataclass(frozen=True)
class Filter:
    label: str
    count: int
    url: str
    chosen: bool


@requires(Capability.SCHEDULE)
def tray(request: HttpRequest) -> HttpResponse:
    """The live list."""
    asked = read(request.GET)
    alike = alike_on_board(request, asked)
    context = {**shared(asked), **waiting(request, asked, alike)}
    return render(request, "worklist/planner/_tray.html", context)


def shared(asked: Asked) -> dict[str, Any]:
    """What page and parts have in common: the way back, and how parts are asked."""
    return {"query": asked.query, "back": urlencode({"next": asked.address})}


def alike_on_board(request: HttpRequest, asked: Asked) -> LookAlikes:
    """Those of the department's board of that day."""
    return look_alikes(asked.day, site_of(request))


def waiting(request: HttpRequest, asked: Asked, alike: LookAlikes) -> dict[str, Any]:
    counts = waiting_counts()
    total = counts[asked.modality] if asked.modality else counts.total()
    page = Paginator(range(total), PAGE).get_page(asked.page)
    after = max(page.start_index() - 1, 0)
    orders = waiting_orders(asked.modality, limit=PAGE, after=after)
    seen = [order.pk for order in orders]
    audit.record_view(request, "tray_viewed", detail={"orders": seen})
    minutes = minutes_of(orders)
    cards = [
        Card(
            exam_row(order, alike_of(order.patient, mrn_of(order), alike)),
            order.version,
            minutes[order.pk],
            order.modality,
        )
        for order in orders
    ]
    return {
        "waiting": counts.total(),
        "cards": cards,
        "filters": _filters(asked, counts),
        "page": page,
        "page_before": asked.but(page=page.number - 1),
        "page_after": asked.but(page=page.number + 1),
    }


def _filters(asked: Asked, counts: Counter[str]) -> list[Filter]:
    kinds = [("", _("All"), counts.total())]
    kinds += [(kind, kind, counts[kind]) for kind in sorted(counts)]
    return [
        Filter(label, count, asked.but(modality=kind, page=1), kind == asked.modality)
        for kind, label, count in kinds
    ]
