"""All exams of a patient that wait for a slot, planned and booked together."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.cause import Cause
from orders.models import Order, Patient
from orders.selectors import mrn_of_patient
from orders.selectors.patients import patients_with_identifiers
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.accounts.standing import site_of
from radflow.audit import services as audit
from worklist.selectors.free_time import Planned
from worklist.services import book_series, plan_series
from worklist.services.series import unscheduled_of
from worklist.slot_forms import SeriesForm, days_from
from worklist.views.answers import REFUSALS, in_words

_SALT = "worklist.series"


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def series(request: HttpRequest, patient_id: int) -> HttpResponse:
    """GET plans by what the address says; POST books what was planned."""
    patient: Patient = get_object_or_404(patients_with_identifiers(), pk=patient_id)
    error = ""
    if request.method == "POST":
        try:
            _book(request)
        except REFUSALS as refusal:
            error = in_words(refusal)
        except (signing.BadSignature, ValueError):
            error = _("This plan cannot be read. Plan again.")
        else:
            messages.success(request, _("All of the series are booked."))
            return redirect("worklist:board")
    return _page(request, patient, error)


def _book(request: HttpRequest) -> None:
    told = signing.loads(request.POST.get("plan", ""), salt=_SALT, max_age=3600)
    places = [
        (order_id, room_id, datetime.fromisoformat(start))
        for order_id, room_id, start in told
    ]
    book_series(places=places, cause=Cause(user=current_user(request)))


def _page(request: HttpRequest, patient: Patient, error: str) -> HttpResponse:
    orders = unscheduled_of(patient.pk)
    is_asked = "first" in request.GET
    start = {**days_from(timezone.localdate()), "every_days": 0}
    form = SeriesForm(request.GET if is_asked else start)
    chosen = _chosen(request, orders)
    plan: list[Planned] = []
    if is_asked and form.is_valid():
        try:
            plan = plan_series(
                chosen,
                form.wishes(site_of(request)),
                every_days=form.cleaned_data["every_days"],
            )
        except REFUSALS as refusal:
            error = error or in_words(refusal)
    seen = [order.pk for order in orders]
    audit.record_view(
        request, "schedule_viewed", patient_id=patient.pk, detail={"orders": seen}
    )
    context: dict[str, Any] = {
        "patient": patient,
        "mrn": mrn_of_patient(patient),
        "orders": orders,
        "chosen": [order.pk for order in chosen],
        "form": form,
        "plan": plan,
        "signed": _signed(plan),
        "error": error,
    }
    status = 409 if error else 200 if form.is_valid() else 400
    return render(request, "worklist/slots/series.html", context, status=status)


def _chosen(request: HttpRequest, orders: list[Order]) -> list[Order]:
    wanted = request.GET.getlist("order")
    return [order for order in orders if not wanted or str(order.pk) in wanted]


def _signed(plan: list[Planned]) -> str:
    told = [
        (one.order.pk, one.slot.room.pk, one.slot.start.isoformat()) for one in plan
    ]
    return signing.dumps(told, salt=_SALT)
