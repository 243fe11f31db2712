"""Two records that may be of one person: side by side, for a human to decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from orders.models import DuplicateCandidate, Order, Patient
from orders.selectors import mrn_of_patient, open_candidates
from orders.views import facts
from orders.views.origins import in_words
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit

MOST_SHOWN = 100


@dataclass(frozen=True)
class Side:
    """One of the two records, with what helps to choose the survivor."""

    patient: Patient
    mrn: str
    orders: int
    visits: int
    last_order: object


@dataclass(frozen=True)
class Row:
    label: str
    first: str
    second: str

    @property
    def verdict(self) -> str:
        if not (self.first and self.second):
            return "only one" if self.first or self.second else "neither"
        return "same" if self.first == self.second else "differs"


@requires(Capability.VIEW_ORDERS)
@require_GET
def pairs(request: HttpRequest) -> HttpResponse:
    """Every pair that waits, the likeliest first."""
    found = list(open_candidates()[: MOST_SHOWN + 1])
    shown = found[:MOST_SHOWN]
    seen = sorted({pk for each in shown for pk in (each.first_id, each.second_id)})
    audit.record_view(request, "patients_listed", detail={"patients": seen})
    context = {
        "pairs": [(each, _mrn(each.first), _mrn(each.second)) for each in shown],
        "is_more": len(found) > MOST_SHOWN,
    }
    return render(request, "orders/merges/pairs.html", context)


def _mrn(patient: Patient) -> str:
    return mrn_of_patient(patient)


@requires(Capability.VIEW_ORDERS)
@require_GET
def pair(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """Both records beside each other, and what a person may decide."""
    candidate = _candidate(candidate_id)
    return render(request, "orders/merges/pair.html", _context(request, candidate))


def _candidate(candidate_id: int) -> DuplicateCandidate:
    found = DuplicateCandidate.objects.select_related("first", "second", "decided_by")
    found = found.prefetch_related("first__identifiers", "second__identifiers")
    return get_object_or_404(found, pk=candidate_id)


def _context(request: HttpRequest, candidate: DuplicateCandidate) -> dict[str, object]:
    for patient in (candidate.first, candidate.second):
        audit.record_view(request, "patient_viewed", patient_id=patient.pk)
    return {
        "candidate": candidate,
        "sides": [_side(candidate.first), _side(candidate.second)],
        "rows": list(_rows(candidate.first, candidate.second)),
        "may_merge": current_user(request).may(Capability.SCHEDULE),
        "is_open": candidate.state == DuplicateCandidate.State.OPEN,
    }


def _side(patient: Patient) -> Side:
    orders = Order.objects.filter(patient=patient)
    return Side(
        patient,
        mrn_of_patient(patient),
        orders.count(),
        patient.visits.count(),
        orders.aggregate(last=Max("created_at"))["last"],
    )


def _rows(first: Patient, second: Patient) -> Iterator[Row]:
    for fact in facts.OF_PATIENT_PAGE:
        texts = [
            " ".join(filter(None, (in_words(n, getattr(one, n)) for n in fact.names)))
            for one in (first, second)
        ]
        yield Row(fact.label, *texts)
