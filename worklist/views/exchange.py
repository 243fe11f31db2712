"""A DICOM request and our answer, as evidence behind a timeline entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from pydicom.datadict import dictionary_description

from orders.models import OrderEvent
from radflow.accounts.access import requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.models import DicomExchange


@dataclass(frozen=True)
class Element:
    """One attribute; `depth` counts the sequences it lies in."""

    tag: str
    name: str
    vr: str
    value: str
    depth: int


@requires(Capability.VIEW_ORDERS)
def detail(request: HttpRequest, exchange_id: int) -> HttpResponse:
    """The request's data set, attribute by attribute."""
    exchange = get_object_or_404(DicomExchange, pk=exchange_id)
    events = OrderEvent.objects.filter(exchange_id=exchange.pk).select_related("order")
    orders = list(dict.fromkeys(event.order for event in events))
    audit.record_view(
        request,
        "exchange_viewed",
        detail={"exchange": exchange.pk, "orders": [order.pk for order in orders]},
    )
    context = {
        "exchange": exchange,
        "elements": list(elements_of(exchange.request)),
        "orders": orders,
        "status": f"0x{exchange.status:04X}",
    }
    return render(request, "worklist/exchange.html", context)


def elements_of(dataset: dict[str, Any], depth: int = 0) -> Iterator[Element]:
    """Flattens DICOM JSON (PS3.18 annex F)."""
    for tag, attribute in sorted(dataset.items()):
        values = attribute.get("Value", [])
        is_sequence = attribute.get("vr") == "SQ"
        text = "" if is_sequence else "\\".join(_text(value) for value in values)
        shown = f"({tag[:4]},{tag[4:]})"
        yield Element(shown, _name(tag), attribute.get("vr", ""), text, depth)
        for item in values if is_sequence else []:
            yield from elements_of(item, depth + 1)


def _text(value: Any) -> str:
    """A person's name comes as groups, everything else as it is."""
    if isinstance(value, dict):
        return "=".join(str(part) for part in value.values())
    return str(value)


def _name(tag: str) -> str:
    try:
        return dictionary_description(int(tag, 16))
    except (KeyError, ValueError):
        return _("Private attribute")
