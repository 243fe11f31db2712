"""What does not fit together, kind by kind, with the likely match and one safe step."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timesince import timesince
from django.views.decorators.http import require_GET

from orders.reconciliation.registry import FIRST, Item, Kind, counts, kinds
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit

PAGE = 25


@dataclass(frozen=True)
class Row:
    """One mismatch as plain values; without `url` the step may not be taken."""

    title: str
    order: int | None
    accession_number: str
    procedure: str
    numbers: tuple[str, ...]
    detail: str
    proposal: str
    is_of_person: bool
    family_name: str
    given_name: str
    since: datetime
    waits: str
    label: str
    url: str
    otherwise: str


@dataclass(frozen=True)
class Section:
    kind: Kind
    count: int
    rows: list[Row]

    @property
    def left_out(self) -> int:
        return self.count - len(self.rows)


@requires(Capability.VIEW_ORDERS)
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "orders/reconciliation/page.html", _context(request))


@requires(Capability.VIEW_ORDERS)
@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The live part, fetched again when a hint says so."""
    return render(request, "orders/reconciliation/_live.html", _context(request))


def _context(request: HttpRequest) -> dict[str, object]:
    numbers = counts()
    known = {kind.name: kind for kind in kinds() if numbers[kind.name]}
    chosen = request.GET.get("kind", "")
    chosen = chosen if chosen in numbers else ""
    page = Paginator(range(numbers.get(chosen, 0)), PAGE).get_page(
        request.GET.get("page")
    )
    if chosen:
        after = max(page.start_index() - 1, 0)
        found = {n: kind.items(PAGE, after) for n, kind in known.items() if n == chosen}
    else:
        found = {name: kind.items(FIRST) for name, kind in known.items()}
    seen = [item.order.pk for items in found.values() for item in items if item.order]
    audit.record_view(request, "reconciliation_viewed", detail={"orders": seen})
    rights = {one for one in Capability if current_user(request).may(one)}
    return {
        "sections": [
            Section(known[name], numbers[name], [_row(item, rights) for item in items])
            for name, items in found.items()
        ],
        "page": page,
        "chosen": chosen,
        "query": request.GET.urlencode(),
        "choices": [(kind, numbers[kind.name]) for kind in kinds()],
        "total": sum(numbers.values()),
    }


def _row(item: Item, rights: Container[Capability]) -> Row:
    action, order, patient = item.action, item.order, item.patient
    is_allowed = action.needs is None or action.needs in rights
    return Row(
        title=item.title,
        order=order.pk if order else None,
        accession_number=order.accession_number if order else "",
        procedure=(order.procedure_text or order.procedure_code) if order else "",
        numbers=item.numbers,
        detail=item.detail,
        proposal=item.proposal,
        is_of_person=patient is not None,
        family_name=patient.family_name if patient else "",
        given_name=patient.given_name if patient else "",
        since=item.since,
        waits=timesince(item.since),
        label=action.label,
        url=action.url if is_allowed else "",
        otherwise=action.otherwise,
    )
