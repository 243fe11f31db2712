"""An order made here: for a patient on file, told to the placer that it is for."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.forms import NewOrderForm
from orders.models import Patient
from orders.requests import Code, OrderRequest, PatientRequest
from orders.requests import ScheduleRequest as Schedule
from orders.services import place_order
from orders.services.identifiers import identifier_of
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, patient_id: int) -> HttpResponse:
    patient = get_object_or_404(Patient, pk=patient_id, merged_into=None)
    if request.method == "GET":
        return _page(request, patient, NewOrderForm(), status=200)
    form = NewOrderForm(request.POST)
    if not form.is_valid():
        return _page(request, patient, form, status=400)
    try:
        placed = place_order(
            patient=_as_known(patient),
            visit=None,
            order=_request(form),
            cause=Cause(user=current_user(request)),
            peer=form.cleaned_data["peer"],
        )
    except OrderError as error:
        form.add_error(None, gettext(error.text))
        return _page(request, patient, form, status=409)
    messages.success(request, gettext("Order placed."))
    return redirect("orders:detail", order_id=placed.order.pk)


def _as_known(patient: Patient) -> PatientRequest:
    """By all identifiers on file, so that nothing of the person is in question."""
    known = patient.identifiers.filter(retired_at=None).order_by("-preferred", "pk")
    return PatientRequest(identifiers=tuple(identifier_of(one) for one in known))


def _request(form: NewOrderForm) -> OrderRequest:
    told = form.cleaned_data
    procedure = told["procedure"]
    peer = told["peer"]
    start = told["start"]
    return OrderRequest(
        sender_application=peer.sending_application if peer else "",
        sender_facility=peer.sending_facility if peer else "",
        procedure=Code(procedure.code, procedure.text, procedure.system),
        modality=procedure.modality,
        laterality=told["laterality"],
        priority=told["priority"],
        reason=Code(text=told["reason"]),
        clinical_info=told["clinical_info"],
        requested_start=start,
        schedule=Schedule(start=start),
    )


def _page(
    request: HttpRequest, patient: Patient, form: NewOrderForm, *, status: int
) -> HttpResponse:
    audit.record_view(request, "patient_viewed", patient_id=patient.pk)
    identifiers = patient.identifiers.order_by("-preferred", "pk")
    preferred = identifiers.values_list("value", flat=True).first()
    context = {"patient": patient, "mrn": preferred or "", "form": form}
    return render(request, "orders/acts/new.html", context, status=status)
