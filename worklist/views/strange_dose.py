"""A dose report that fits no exam, beside those that may be meant."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.cause import Cause
from orders.views.differences import value_in_words
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.models import DoseRecord
from worklist.selectors.candidates import exams_like
from worklist.services.dosing import link_dose
from worklist.views.answers import REFUSALS, in_words
from worklist.views.unlinked import LinkForm


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def strange_dose(request: HttpRequest, dose_id: int) -> HttpResponse:
    dose = get_object_or_404(DoseRecord.objects.shown(), pk=dose_id)
    if request.method == "GET":
        return _page(request, dose, LinkForm.asked(request), status=200)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _page(request, dose, form, status=400)
    order = form.cleaned_data["accession"]
    try:
        link_dose(
            dose_id=dose.pk,
            order_id=order.pk,
            reason=form.cleaned_data["reason"],
            cause=Cause(user=current_user(request)),
        )
    except REFUSALS as error:
        form.add_error(None, in_words(error))
        return _page(request, dose, form, status=409)
    messages.success(request, _("Dose report linked."))
    return redirect("orders:detail", order_id=order.pk)


def _page(
    request: HttpRequest, dose: DoseRecord, form: LinkForm, *, status: int
) -> HttpResponse:
    told = dose.told
    candidates = exams_like(
        uid=dose.study_instance_uid,
        accession=told.get("accession", ""),
        patient_id=told.get("patient_id", ""),
    )
    audit.record_view(
        request,
        "strange_dose_viewed",
        detail={"dose": dose.pk, "orders": [order.pk for order, _why in candidates]},
    )
    context = {
        "dose": dose,
        "doses": [dose],
        "told": told,
        "told_born": value_in_words("birth_date_text", told.get("birth_date", "")),
        "candidates": candidates,
        "form": form,
        "is_open": not dose.orders.exists(),
    }
    return render(request, "worklist/strange_dose.html", context, status=status)
