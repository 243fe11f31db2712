"""A scheduler's appointment beside the exams it may be for; a person links it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from orders.cause import Cause
from orders.views.differences import value_in_words
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.conflict import overtaken
from worklist.models import ExternalAppointment
from worklist.models.external import LIVE
from worklist.selectors.likely import likely_orders
from worklist.services.orderless import link_appointment, set_aside
from worklist.views.answers import REFUSALS, in_words
from worklist.views.unlinked import LinkForm


class SetAsideForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why no order is needed"), max_length=300, strip=True
    )


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, appointment_id: int) -> HttpResponse:
    row = _found(appointment_id)
    if request.method == "GET":
        return _page(request, row, LinkForm.asked(request), status=200)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form, status=400)
    order = form.cleaned_data["accession"]
    try:
        link_appointment(
            appointment_id=row.pk,
            order_id=order.pk,
            reason=form.cleaned_data["reason"],
            cause=Cause(user=current_user(request)),
        )
    except REFUSALS as error:
        form.add_error(None, in_words(error))
        return _page(request, _found(appointment_id), form, status=409)
    messages.success(request, _("Appointment linked."))
    return redirect("orders:detail", order_id=order.pk)


@requires(Capability.SCHEDULE)
@require_POST
def leave(request: HttpRequest, appointment_id: int) -> HttpResponse:
    row = _found(appointment_id)
    form = SetAsideForm(request.POST)
    if not form.is_valid():
        return _page(request, row, LinkForm(), status=400, aside=form)
    set_aside(
        appointment_id=row.pk,
        reason=form.cleaned_data["reason"],
        cause=Cause(user=current_user(request)),
    )
    messages.success(request, _("Appointment set aside."))
    return redirect("reconciliation")


def _found(appointment_id: int) -> ExternalAppointment:
    rows = ExternalAppointment.objects.select_related(
        "peer", "order", "patient", "room", "station"
    )
    return get_object_or_404(rows, pk=appointment_id)


def _page(
    request: HttpRequest,
    row: ExternalAppointment,
    form: LinkForm,
    *,
    status: int,
    aside: SetAsideForm | None = None,
) -> HttpResponse:
    candidates = likely_orders([row])[row.pk]
    audit.record_view(
        request,
        "appointment_viewed",
        detail={
            "appointment": row.pk,
            "orders": [order.pk for order, _reasons in candidates],
        },
    )
    is_open = row.order_id is None and row.state in LIVE and row.set_aside_at is None
    person = row.said.get("person", {})
    theirs = reverse("worklist:appointment", args=[row.pk])
    context = {
        "row": row,
        "person": person,
        "born": value_in_words("birth_date_text", person.get("birth_date_text", "")),
        "patient_numbers": [key.rsplit("|", 1)[0] for key in row.patient_keys],
        "services": [
            text or code for code, text, *_rest in row.said.get("services", [])
        ],
        "candidates": candidates,
        "form": form,
        "aside": aside or SetAsideForm(auto_id="aside_%s"),
        "conflict": None if is_open else overtaken(form, "", None, theirs),
        "is_open": is_open,
        "is_settled": row.set_aside_at is not None
        or (not is_open and not row.attention),
    }
    return render(request, "worklist/appointment.html", context, status=status)
