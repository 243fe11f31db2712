"""What does not fit together, kind by kind, with the likely match and one safe step."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orders.reconciliation.registry import FIRST, MOST, Item, Kind, kinds
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit


@dataclass(frozen=True)
class Section:
    kind: Kind
    count: int
    items: tuple[Item, ...]

    @property
    def left_out(self) -> int:
        return max(0, self.count - len(self.items))


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
    user = current_user(request)
    chosen = request.GET.get("kind", "")
    known = kinds()
    names = {kind.name for kind in known}
    chosen = chosen if chosen in names else ""
    counts = {kind.name: kind.count() for kind in known}
    most = MOST if chosen else FIRST
    sections = [
        Section(kind, counts[kind.name], tuple(kind.items(most)))
        for kind in known
        if counts[kind.name] and chosen in ("", kind.name)
    ]
    seen = [i.order.pk for s in sections for i in s.items if i.order]
    audit.record_view(request, "reconciliation_viewed", detail={"orders": seen})
    return {
        "sections": sections,
        "chosen": chosen,
        "choices": [(kind, counts[kind.name]) for kind in known],
        "total": sum(counts.values()),
        "rights": [one for one in Capability if user.may(one)],
    }
