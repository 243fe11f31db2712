"""Changes that wait for a person, side by side with what they would change."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from orders.exceptions import OrderError
from orders.hl7.asked import asked_of
from orders.lifecycle import Refused
from orders.models import HeldChange
from orders.selectors import mrn_of
from orders.services.drift import (
    accept_change,
    may_be_accepted,
    reject_change,
)
from orders.views.differences import told
from radflow.accounts.access import current_user, requires
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.conflict import Conflict, overtaken

PAGE = 25
_LISTED = (
    "held_at",
    "applied",
    "differences",
    "order__accession_number",
    "order__procedure_code",
    "order__procedure_text",
    "order__patient__family_name",
    "order__patient__given_name",
    "inbound__peer__name",
)


def may_decide(user: User) -> bool:
    """Who plans exams, or answers for what the sender's interface says."""
    return user.may(Capability.SCHEDULE) or user.may(Capability.MANAGE_INTERFACES)


class DecisionForm(forms.Form):
    note = forms.CharField(
        label=_("Why"),
        max_length=300,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@requires(Capability.VIEW_ORDERS)
@require_GET
def changes(request: HttpRequest) -> HttpResponse:
    """What waits, oldest first."""
    waiting = HeldChange.objects.filter(state=HeldChange.State.OPEN).order_by("id")
    found = waiting.select_related("order__patient", "inbound__peer").only(*_LISTED)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    audit.record_view(
        request, "held_changes_listed", detail={"changes": [one.pk for one in page]}
    )
    name = "_list.html" if request.headers.get("X-Fragment") else "list.html"
    return render(request, f"orders/held/{name}", {"page": page})


@requires(Capability.VIEW_ORDERS)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, change_id: int) -> HttpResponse:
    """Accept or reject, with a reason; 409 where somebody was faster."""
    found = get_object_or_404(_whole(HeldChange.objects.all()), pk=change_id)
    if request.method == "GET":
        return _page(request, found, DecisionForm(), status=200)
    user = current_user(request)
    if not may_decide(user):
        return render(request, "403.html", status=403)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=400)
    is_accepted = request.POST.get("decision") == "accept"
    decide = accept_change if is_accepted else reject_change
    try:
        decide(
            change_id=change_id,
            asked=asked_of(found),
            note=form.cleaned_data["note"],
            user=user,
        )
    except (OrderError, Refused) as error:
        form.add_error(
            None, gettext(error.text) if isinstance(error, OrderError) else str(error)
        )
        found.refresh_from_db()
        return _page(request, found, form, status=409)
    messages.success(request, gettext("Decided."))
    return redirect("orders:detail", order_id=found.order_id)


def _whole(changes: QuerySet[HeldChange]) -> QuerySet[HeldChange]:
    found = changes.select_related("order__patient", "inbound__peer", "decided_by")
    return found.prefetch_related("order__patient__identifiers")


def _overtaken(found: HeldChange, form: DecisionForm) -> Conflict | None:
    by = found.decided_by.display_name if found.decided_by else ""
    theirs = reverse("orders:held", args=[found.pk])
    return overtaken(form, by, found.decided_at, theirs)


def _page(
    request: HttpRequest, found: HeldChange, form: DecisionForm, *, status: int
) -> HttpResponse:
    order = found.order
    audit.record_view(
        request, "held_change_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    user = current_user(request)
    is_open = found.state == HeldChange.State.OPEN
    context = {
        "change": found,
        "differences": told([found])[0].differences,
        "order": order,
        "patient": order.patient,
        "mrn": mrn_of(order),
        "form": form,
        "conflict": None if is_open else _overtaken(found, form),
        "is_open": is_open,
        "may_decide": may_decide(user),
        "may_edit": user.may(Capability.MANAGE_INTERFACES),
        "may_be_accepted": may_be_accepted(found),
    }
    name = "_change.html" if request.headers.get("X-Fragment") else "detail.html"
    return render(request, f"orders/held/{name}", context, status=status)
