"""A technologist's acts on an exam: arrived, ended, discontinued."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from orders.cause import Cause
from orders.models import Order
from orders.selectors import mrn_of, orders_with_patients
from orders.services.recording import Told
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.forms import DiscontinueForm
from worklist.record_forms import RecordForm
from worklist.selectors.recording import scanner_dose
from worklist.services import arrive, discontinue_exam
from worklist.undoing import after_arrival
from worklist.views.answers import (
    REFUSALS,
    done,
    in_words,
    refused,
    wants_fragment,
    way_back,
)
from worklist.views.record import record_form


@requires(Capability.PERFORM_EXAM)
@require_POST
def arrived(request: HttpRequest, order_id: int) -> HttpResponse:
    """The patient stands at the scanner's door."""
    back = way_back(request, reverse("worklist:station"))
    before = get_object_or_404(Order, pk=order_id)
    try:
        after = arrive(order_id=order_id, cause=Cause(user=current_user(request)))
    except REFUSALS as error:
        return refused(request, back, error)
    return done(request, back, _("Arrival noted."), after_arrival(before, after))


@requires(Capability.PERFORM_EXAM)
@require_http_methods(["GET", "POST"])
def discontinue(request: HttpRequest, order_id: int) -> HttpResponse:
    """Stop the exam for good, with a coded reason."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    if request.method == "GET":
        return _discontinue_page(request, order, DiscontinueForm(), _record(order))
    form, more = DiscontinueForm(request.POST), _record(order, request.POST)
    if not (form.is_valid() & more.is_valid()):
        return _discontinue_page(request, order, form, more, status=400)
    try:
        discontinue_exam(
            order_id=order_id,
            cause=Cause(user=current_user(request)),
            reason=form.cleaned_data["reason"],
            comment=form.cleaned_data["comment"],
            told=more.told() if more.told() != Told() else None,
        )
    except REFUSALS as error:
        form.add_error(None, in_words(error))
        return _discontinue_page(request, order, form, more, status=409)
    return done(request, reverse("worklist:station"), _("Exam discontinued."))


def _record(order: Order, data: Any = None) -> RecordForm:
    """Nobody is kept from stopping an exam: what is recorded of it may follow."""
    return record_form(order, data, asks=False)


def _discontinue_page(
    request: HttpRequest,
    order: Order,
    form: DiscontinueForm,
    more: RecordForm,
    *,
    status: int = 200,
) -> HttpResponse:
    audit.record_view(
        request, "exam_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    is_dialog = wants_fragment(request)
    context = {
        **_context(order),
        "form": form,
        "more": more,
        "is_dialog": is_dialog,
        "told_dose": scanner_dose(order),
    }
    name = "_discontinue" if is_dialog else "discontinue"
    return render(request, f"worklist/{name}.html", context, status=status)


def _context(order: Order) -> dict[str, object]:
    back = reverse("worklist:station")
    return {"order": order, "mrn": mrn_of(order), "back": back}
