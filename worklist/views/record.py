"""The end of an exam: what is recorded with it, or afterwards."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.cause import Cause
from orders.models import Order
from orders.selectors import mrn_of, orders_with_patients
from orders.selectors.safety import contrast_exams
from orders.services.recording import record_exam
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.exceptions import ScannerStillRunning
from worklist.record_forms import MARK, RecordForm
from worklist.selectors.recording import last_record, scanner_dose
from worklist.services import end_exam, finish_exam
from worklist.views.answers import (
    REFUSALS,
    done,
    in_words,
    refused,
    wants_fragment,
    way_back,
)

_NOT_KEPT = frozenset({"csrfmiddlewaretoken", "confirmed", "draft"})


def record_form(order: Order, data: Any = None, *, asks: bool = True) -> RecordForm:
    """`asks`: contrast must be spoken of where it is expected."""
    return RecordForm(
        data,
        modality=order.modality,
        asks_contrast=asks and order.pk in contrast_exams([order]),
        last=last_record(order),
    )


@requires(Capability.PERFORM_EXAM)
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, order_id: int) -> HttpResponse:
    """Record and end; asks once more while the scanner says that it is still at it."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    if request.method == "GET":
        return _form_page(request, order, record_form(order), ends=True)
    form = record_form(order, request.POST)
    says_more = MARK in request.POST or form.asks_contrast
    if says_more and not form.is_valid():
        return _form_page(request, order, form, ends=True, status=400)
    try:
        _end(request, order, form if says_more else None)
    except ScannerStillRunning as error:
        return _still_running(request, order, in_words(error))
    except REFUSALS as error:
        return refused(request, reverse("worklist:station"), error)
    return done(request, reverse("worklist:station"), _("Exam ended."))


def _end(request: HttpRequest, order: Order, form: RecordForm | None) -> None:
    user = current_user(request)
    confirmed = request.POST.get("confirmed") == "yes"
    if form is None:
        end_exam(order_id=order.pk, cause=Cause(user=user), override=confirmed)
        return
    finish_exam(order_id=order.pk, user=user, told=form.told(), override=confirmed)


def _still_running(request: HttpRequest, order: Order, text: str) -> HttpResponse:
    """What was entered waits in the page until the person has decided."""
    kept = [pair for pair in request.POST.items() if pair[0] not in _NOT_KEPT]
    context = {**_context(order), "text": text, "kept": kept}
    return render(request, "worklist/still_running.html", context, status=409)


@requires(Capability.PERFORM_EXAM)
@require_http_methods(["GET", "POST"])
def record(request: HttpRequest, order_id: int) -> HttpResponse:
    """Also for an exam that the scanner has ended, today or later."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    form = record_form(order, request.POST if request.method == "POST" else None)
    if request.method == "GET":
        return _form_page(request, order, form, ends=False)
    if not form.is_valid():
        return _form_page(request, order, form, ends=False, status=400)
    try:
        record_exam(order_id=order.pk, user=current_user(request), told=form.told())
    except REFUSALS as error:
        form.add_error(None, in_words(error))
        return _form_page(request, order, form, ends=False, status=409)
    back = way_back(request, reverse("worklist:station"))
    return done(request, back, _("Record kept."))


def _form_page(
    request: HttpRequest,
    order: Order,
    form: RecordForm,
    *,
    ends: bool,
    status: int = 200,
) -> HttpResponse:
    audit.record_view(
        request, "exam_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    is_dialog = wants_fragment(request)
    context = {
        **_context(order),
        "form": form,
        "ends": ends,
        "is_dialog": is_dialog,
        "told_dose": scanner_dose(order),
        "back": way_back(request, reverse("worklist:station")),
    }
    name = "_record" if is_dialog else "record"
    return render(request, f"worklist/{name}.html", context, status=status)


def _context(order: Order) -> dict[str, object]:
    back = reverse("worklist:station")
    return {"order": order, "mrn": mrn_of(order), "back": back}
