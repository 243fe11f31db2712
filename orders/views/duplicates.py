"""Two records that may be of one person: side by side, for a human to decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.models import DuplicateCandidate, Order, Patient
from orders.selectors import mrn_of_patient, open_candidates
from orders.services.deciding import dismiss_pair, merge_pair
from orders.views import facts
from orders.views.origins import in_one_line
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.conflict import Conflict, overtaken
from radflow.desk.undo import PAGE_TAG

PAGE = 25


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


class MergeForm(forms.Form):
    """`people` are the two that the survivor is chosen from."""

    survivor = forms.ChoiceField(
        label=_("Record that stays"), widget=forms.RadioSelect, choices=()
    )
    compared = forms.BooleanField(
        label=_("I compared both with the registration or the wristband: one person")
    )

    def __init__(self, *args: Any, people: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["survivor"]
        chosen.choices = [(pk, pk) for pk in people]  # type: ignore[attr-defined]


class DismissForm(forms.Form):
    note = forms.CharField(
        label=_("Note"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


@requires(Capability.VIEW_ORDERS)
@require_GET
def pairs(request: HttpRequest) -> HttpResponse:
    """Every pair that waits, the likeliest first."""
    page = Paginator(open_candidates(), PAGE).get_page(request.GET.get("page"))
    seen = sorted({pk for each in page for pk in (each.first_id, each.second_id)})
    audit.record_view(request, "patients_listed", detail={"patients": seen})
    context = {
        "pairs": [
            (each, mrn_of_patient(each.first), mrn_of_patient(each.second))
            for each in page
        ],
        "page": page,
    }
    name = "_pairs.html" if request.headers.get("X-Fragment") else "pairs.html"
    return render(request, f"orders/merges/{name}", context)


@requires(Capability.VIEW_ORDERS)
@require_GET
def pair(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """Both records beside each other, and what a person may decide."""
    candidate = _candidate(candidate_id)
    return _pair_page(request, candidate)


def _pair_page(
    request: HttpRequest,
    candidate: DuplicateCandidate,
    *,
    merge_form: MergeForm | None = None,
    dismiss_form: DismissForm | None = None,
    status: int = 200,
) -> HttpResponse:
    people = (candidate.first_id, candidate.second_id)
    is_open = candidate.state == DuplicateCandidate.State.OPEN
    sent = merge_form or dismiss_form
    context = {
        **_context(request, candidate),
        "is_open": is_open,
        "conflict": _overtaken(candidate, sent) if sent and not is_open else None,
        "merge_form": merge_form or MergeForm(people=people),
        "dismiss_form": dismiss_form or DismissForm(),
    }
    return render(request, "orders/merges/pair.html", context, status=status)


def _overtaken(
    candidate: DuplicateCandidate, sent: MergeForm | DismissForm
) -> Conflict | None:
    by = candidate.decided_by.display_name if candidate.decided_by else ""
    theirs = reverse("patients:duplicate", args=[candidate.pk])
    return overtaken(sent, by, candidate.decided_at, theirs)


@requires(Capability.SCHEDULE)
@require_POST
def merge(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """One person: the record that was chosen stays, the other leads to it."""
    candidate = _candidate(candidate_id)
    people = (candidate.first_id, candidate.second_id)
    form = MergeForm(request.POST, people=people)
    if not form.is_valid():
        return _pair_page(request, candidate, merge_form=form, status=400)
    survivor = int(form.cleaned_data["survivor"])
    cause = Cause(user=current_user(request))
    try:
        journal = merge_pair(
            candidate_id=candidate.pk, survivor_id=survivor, cause=cause
        )
    except OrderError as error:
        form.add_error(None, gettext(error.text))
        candidate = _candidate(candidate_id)
        return _pair_page(request, candidate, merge_form=form, status=409)
    messages.success(
        request,
        gettext("Merged. It can be taken back in the journal below."),
        extra_tags=PAGE_TAG + reverse("patients:unmerge", args=[journal.pk]),
    )
    return redirect("patients:detail", survivor)


@requires(Capability.SCHEDULE)
@require_POST
def dismiss(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """Two people: the pair is not proposed again."""
    candidate = _candidate(candidate_id)
    form = DismissForm(request.POST)
    if not form.is_valid():
        return _pair_page(request, candidate, dismiss_form=form, status=400)
    cause = Cause(user=current_user(request))
    note = form.cleaned_data["note"]
    try:
        dismiss_pair(candidate_id=candidate.pk, note=note, cause=cause)
    except OrderError as error:
        form.add_error(None, gettext(error.text))
        candidate = _candidate(candidate_id)
        return _pair_page(request, candidate, dismiss_form=form, status=409)
    messages.success(request, gettext("Kept apart. The pair is not proposed again."))
    return redirect("patients:duplicates")


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
        row = Row(
            gettext(fact.label), in_one_line(fact, first), in_one_line(fact, second)
        )
        if row.verdict != "neither":
            yield row
