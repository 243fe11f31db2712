"""One field for every number and name, none of which ever stands in an address."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from orders.selectors import Found, find_anything
from radflow.accounts.access import requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit


@requires(Capability.VIEW_ORDERS)
@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """The palette's list as a fragment, else a page of its own.

    A whole form that names one order or person by a number leads straight there.
    """
    text = request.POST.get("q", "").strip()
    found = _audited(request, find_anything(text))
    if request.headers.get("X-Fragment"):
        return render(request, "search/_found.html", {"found": found, "text": text})
    if only := _only(found):
        return redirect(only)
    return render(request, "search/page.html", {"found": found, "text": text})


@requires(Capability.VIEW_ORDERS)
@require_POST
def scan(request: HttpRequest) -> HttpResponse:
    """Where a scan leads: `{"url": ...}`, empty where a person must choose."""
    found = _audited(request, find_anything(request.POST.get("q", "")))
    return JsonResponse({"url": _only(found)})


def _only(found: Found) -> str:
    """The page of the one thing that a number named; empty where there are several."""
    if not found.exact or len(found.orders) + len(found.patients) != 1:
        return ""
    if found.orders:
        return reverse("orders:detail", args=[found.orders[0].pk])
    return reverse("patients:detail", args=[found.patients[0].pk])


def _audited(request: HttpRequest, found: Found) -> Found:
    seen = {
        "orders": [order.pk for order in found.orders],
        "patients": [patient.pk for patient in found.patients],
    }
    if any(seen.values()):
        audit.record_view(request, "searched", detail=seen)
    return found
