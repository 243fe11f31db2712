"""A message that names somebody else, beside the person on file; a person decides."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from orders.exceptions import OrderError
from orders.hl7.persons import Named, named_by
from orders.identity import fold
from orders.models import Patient
from orders.services.resolving import take_as_other, take_as_same
from orders.views.differences import value_in_words
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.conflict import overtaken
from radflow.messaging.models import InboundMessage

CODES = ("PATIENT_MISMATCH", "MERGE_DOUBTFUL")
_LINES = (
    (gettext_noop("Family name"), "family_name"),
    (gettext_noop("Given name"), "given_name"),
    (gettext_noop("Middle name"), "middle_name"),
    (gettext_noop("Born"), "birth_date_text"),
    (gettext_noop("Sex"), "sex"),
)


@dataclass(frozen=True)
class Line:
    label: str
    said: str
    known: list[str]

    @property
    def differs(self) -> bool:
        told = [fold(one) for one in (self.said, *self.known) if one]
        return len(set(told)) > 1


class ConflictForm(forms.Form):
    reason = forms.CharField(
        label=_("What you compared"),
        max_length=300,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def conflict(request: HttpRequest, message_id: int) -> HttpResponse:
    row = get_object_or_404(
        InboundMessage.objects.select_related("peer"),
        pk=message_id,
        error_code__in=CODES,
    )
    if request.method == "GET":
        return _page(request, row, ConflictForm(), status=200)
    form = ConflictForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form, status=400)
    reason, user = form.cleaned_data["reason"], current_user(request)
    try:
        if request.POST.get("decision") == "same":
            named = named_by(row)
            take_as_same(
                message_id=row.pk,
                person=named.person,
                merges=named.merges,
                reason=reason,
                user=user,
            )
        else:
            take_as_other(message_id=row.pk, reason=reason, user=user)
    except OrderError as error:
        form.add_error(None, gettext(error.text))
        row.refresh_from_db()
        return _page(request, row, form, status=409)
    messages.success(request, gettext("Decided."))
    return redirect("reconciliation")


def _page(
    request: HttpRequest, row: InboundMessage, form: ConflictForm, *, status: int
) -> HttpResponse:
    named = named_by(row)
    for patient in named.on_file:
        audit.record_view(request, "identity_conflict_viewed", patient_id=patient.pk)
    is_open = row.state == "parked"
    theirs = reverse("orders:conflict", args=[row.pk])
    context = {
        "row": row,
        "lines": _lines(named),
        "people": named.on_file,
        "is_merge": bool(named.merges),
        "is_open": is_open,
        "form": form,
        "conflict": None if is_open else overtaken(form, "", None, theirs),
    }
    return render(request, "orders/held/conflict.html", context, status=status)


def _lines(named: Named) -> list[Line]:
    found = [
        Line(
            gettext(label),
            value_in_words(n, getattr(named.person, n)),
            [value_in_words(n, getattr(patient, n)) for patient in named.on_file],
        )
        for label, n in _LINES
    ]
    said = ", ".join(
        f"{one.value} {one.assigning_authority}" for one in named.person.identifiers
    )
    return [
        *found,
        Line(gettext("Identifiers"), said, [_ids(p) for p in named.on_file]),
    ]


def _ids(patient: Patient) -> str:
    known = patient.identifiers.all()
    return ", ".join(f"{one.value} {one.assigning_authority}" for one in known)
