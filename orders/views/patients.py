from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from orders.models import Patient
from orders.selectors import (
    MOST_FOUND,
    PatientSearch,
    doubtful_merges_of,
    find_patients,
    links_of,
    merges_of,
    mrn_of_patient,
    open_candidates,
    orders_of,
    patients_with_identifiers,
    provenance_of_patient,
    survivor_of,
)
from orders.views import facts
from orders.views.origins import Line, lines, told
from orders.views.searching import PatientSearchForm, recall, remember
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit

MOST_ORDERS = 100


@requires(Capability.VIEW_ORDERS)
@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """By identifier, or by name and birth date; never in the address."""
    if request.method == "POST":
        return _asked(request)
    wanted = recall(request, request.GET.get("s", ""))
    if wanted is None:
        return _search_page(request, PatientSearchForm())
    found = _audited(request, find_patients(wanted))
    return _search_page(request, PatientSearchForm(initial=vars(wanted)), found)


def _asked(request: HttpRequest) -> HttpResponse:
    form = PatientSearchForm(request.POST)
    if not form.is_valid():
        return _search_page(request, form, status=400)
    return _found(request, form.wanted)


def _found(request: HttpRequest, wanted: PatientSearch) -> HttpResponse:
    """An identifier of one person leads there; else the list is shown."""
    if wanted.identifier:
        found = find_patients(wanted)
        if len(found) == 1:
            return redirect("patients:detail", found[0].pk)
    token = remember(request, wanted)
    return redirect(f"{reverse('patients:search')}?s={token}")


def _audited(request: HttpRequest, found: list[Patient]) -> list[Patient]:
    seen = [patient.pk for patient in found[:MOST_FOUND]]
    audit.record_view(request, "patients_listed", detail={"patients": seen})
    return found


def _search_page(
    request: HttpRequest,
    form: PatientSearchForm,
    found: list[Patient] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "found": None if found is None else found[:MOST_FOUND],
        "is_more": found is not None and len(found) > MOST_FOUND,
        "to_compare": open_candidates().count(),
    }
    return render(request, "orders/patients/search.html", context, status=status)


@requires(Capability.VIEW_ORDERS)
@require_GET
def detail(request: HttpRequest, patient_id: int) -> HttpResponse:
    """One person: who, which numbers, visits and orders, and what was merged."""
    patient = get_object_or_404(patients_with_identifiers(), pk=patient_id)
    if patient.merged_into_id:
        survivor = reverse("patients:detail", args=[survivor_of(patient).pk])
        return redirect(f"{survivor}?merged={patient.pk}")
    audit.record_view(request, "patient_viewed", patient_id=patient.pk)
    return render(request, "orders/patients/detail.html", _context(request, patient))


@requires(Capability.VIEW_ORDERS)
@require_GET
def live(request: HttpRequest, patient_id: int) -> HttpResponse:
    """The part of the page that is fetched again when a hint says so."""
    patient = get_object_or_404(patients_with_identifiers(), pk=patient_id)
    audit.record_view(request, "patient_viewed", patient_id=patient.pk)
    return render(request, "orders/patients/_live.html", _context(request, patient))


def _context(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    orders = list(orders_of(patient)[: MOST_ORDERS + 1])
    visits = list(patient.visits.order_by("-id")[:MOST_ORDERS])
    return {
        "patient": patient,
        "merged": "merged" in request.GET,
        "mrn": mrn_of_patient(patient),
        "identifiers": patient.identifiers.all(),
        "orders": orders[:MOST_ORDERS],
        "is_more": len(orders) > MOST_ORDERS,
        "visits": visits,
        "accounts": _accounts(visits),
        **_sourced(patient),
        "merges": merges_of(patient),
        "doubtful": doubtful_merges_of(patient),
        "links": links_of(patient),
        "candidates": [_pair(patient, each) for each in open_candidates(patient)],
        "may_merge": current_user(request).may(Capability.SCHEDULE),
        "order_ids": " ".join(str(order.pk) for order in orders[:MOST_ORDERS]),
    }


def _sourced(patient: Patient) -> dict[str, Line | list[Line]]:
    """What the page says of the person, each value with its source."""
    changes = provenance_of_patient(patient)
    found = lines(facts.OF_PATIENT_PAGE, patient, changes)
    numbers = ", ".join(one.value for one in patient.identifiers.all())
    return {
        "person_lines": [x for x in found if x.text or x.fact not in facts.RARE],
        "identifier_line": told(facts.IDENTIFIERS, numbers, changes),
    }


def _pair(patient: Patient, candidate: Any) -> dict[str, Any]:
    """The other record of the pair, as seen from this page."""
    is_first = candidate.first_id == patient.pk
    other = candidate.second if is_first else candidate.first
    return {"candidate": candidate, "other": other, "mrn": mrn_of_patient(other)}


def _accounts(visits: list[Any]) -> list[dict[str, Any]]:
    """Each account number once, with how many visits it has."""
    found: dict[tuple[str, str], int] = {}
    for visit in visits:
        if visit.account_number:
            key = (visit.account_number, visit.account_authority)
            found[key] = found.get(key, 0) + 1
    return [
        {"number": number, "authority": authority, "visits": count}
        for (number, authority), count in found.items()
    ]
