"""Taking back a merge: first what happened since, then why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.models import MergeJournal, Order
from orders.selectors import mrn_of_patient, since
from orders.services.unmerging import undo_merge
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.conflict import Conflict, overtaken


class UndoForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


PAGE = 25
_OF_MERGE = (
    "kind",
    "event",
    "at",
    "retired_identifier",
    "actor",
    "undone_at",
    "undo_reason",
)
_PERSON = ("family_name", "given_name", "birth_date", "birth_date_text")
_USER = ("title", "first_name", "last_name", "username")


@requires(Capability.VIEW_ORDERS)
@require_GET
def journal(request: HttpRequest) -> HttpResponse:
    """Every merge and move there ever was, newest first."""
    page = Paginator(_listed(), PAGE).get_page(request.GET.get("page"))
    seen = {pk for one in page for pk in (one.survivor_id, one.retired_id)}
    audit.record_view(request, "merges_listed", detail={"patients": sorted(seen)})
    context = {
        "page": page,
        "may_merge": current_user(request).may(Capability.SCHEDULE),
    }
    name = "_journal.html" if request.headers.get("X-Fragment") else "journal.html"
    return render(request, f"orders/merges/{name}", context)


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, journal_id: int) -> HttpResponse:
    """Nothing goes back before a person has seen what stands on the merge."""
    journal = get_object_or_404(_journals(), pk=journal_id)
    form = UndoForm(request.POST or None)
    if request.method == "GET":
        return _page(request, journal, UndoForm())
    if not form.is_valid():
        return _page(request, journal, form, status=400)
    try:
        done = undo_merge(
            journal_id=journal.pk,
            reason=form.cleaned_data["reason"],
            cause=Cause(user=current_user(request)),
        )
    except OrderError as error:
        form.add_error(None, gettext(error.text))
        journal = _journals().get(pk=journal_id)
        return _page(request, journal, form, status=409)
    messages.success(request, _said(done.left))
    return redirect("patients:detail", journal.survivor_id)


def _said(left: int) -> str:
    if not left:
        return gettext("Taken back.")
    text = ngettext(
        "Taken back. %(number)s had moved on since, and stayed.",
        "Taken back. %(number)s had moved on since, and stayed.",
        left,
    )
    return text % {"number": left}


def _journals() -> Any:
    found = MergeJournal.objects.select_related(
        "survivor", "retired", "user", "undone_by"
    )
    return found.prefetch_related("survivor__identifiers", "retired__identifiers")


def _listed() -> QuerySet[MergeJournal]:
    """With what a line of the journal tells, and no more."""
    people = [f"{who}__{name}" for who in ("survivor", "retired") for name in _PERSON]
    users = [f"{who}__{name}" for who in ("user", "undone_by") for name in _USER]
    found = MergeJournal.objects.select_related(
        "survivor", "retired", "inbound", "user", "undone_by"
    )
    found = found.only(*_OF_MERGE, "inbound__control_id", *people, *users)
    return found.order_by("-id")


def _page(
    request: HttpRequest, journal: MergeJournal, form: UndoForm, *, status: int = 200
) -> HttpResponse:
    audit.record_view(
        request, "merge_viewed", patient_id=journal.survivor_id, detail=_ids(journal)
    )
    moved = journal.moved.get("orders", [])
    later = MergeJournal.objects.filter(pk__gt=journal.pk, undone_at=None)
    context = {
        "journal": journal,
        "mrn": mrn_of_patient(journal.survivor),
        "patient": journal.survivor,
        "form": form,
        "conflict": _overtaken(journal, form) if journal.undone_at else None,
        "orders": list(Order.objects.filter(pk__in=moved).order_by("-id")),
        "counts": {kind: len(journal.moved.get(kind, [])) for kind in _COUNTED},
        "events": since(moved, journal.recorded_at),
        "later": list(later.filter(survivor=journal.survivor_id)[:20]),
    }
    return render(request, "orders/merges/undo.html", context, status=status)


def _overtaken(journal: MergeJournal, form: UndoForm) -> Conflict | None:
    by = journal.undone_by.display_name if journal.undone_by else ""
    theirs = reverse("patients:detail", args=[journal.survivor_id])
    return overtaken(form, by, journal.undone_at, theirs)


_COUNTED = ("identifiers", "visits", "orders")


def _ids(journal: MergeJournal) -> dict[str, int]:
    return {"merge": journal.pk, "retired": journal.retired_id}
