"""A second person signs for an identifier that cannot be read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.models import Order
from orders.selectors import mrn_of, orders_with_patients
from radflow.accounts.access import current_user, requires
from radflow.accounts.countersign import second_person
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.exceptions import GateRefused
from worklist.forms import OverrideForm
from worklist.models import Verification
from worklist.services import override_check
from worklist.services.overriding import refusal_of
from worklist.views.answers import REFUSALS, in_words, refused
from worklist.views.gate_checks import Scans, checks
from worklist.views.gate_page import own_check_of


@requires(Capability.PERFORM_EXAM)
@require_http_methods(["GET", "POST"])
def override(request: HttpRequest, order_id: int, check_id: int) -> HttpResponse:
    """Reason, and the second person's name and password; both people are kept."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    check = own_check_of(request, order, str(check_id))
    gate = reverse("worklist:gate", args=[order.pk])
    if check is None:
        return redirect(gate)
    if request.method == "GET":
        return _page(request, order, check, OverrideForm())
    form = OverrideForm(request.POST)
    if form.is_valid() and _sign(request, order, check, form):
        return redirect(f"{gate}?check={check.pk}")
    return _page(request, order, check, form, status=400)


def _sign(
    request: HttpRequest, order: Order, check: Verification, form: OverrideForm
) -> bool:
    """Whether it is signed; else the form says why not."""
    values = form.cleaned_data
    signer = second_person(request, values["username"], values["password"])
    if signer is None:
        form.add_error("password", _("User name or password is wrong."))
        return False
    try:
        override_check(
            order_id=order.pk,
            verification_id=check.pk,
            user=current_user(request),
            signer=signer,
            reason=values["reason"],
            comment=values["comment"],
        )
    except REFUSALS as error:
        form.add_error("username", in_words(error))
        return False
    return True


def _page(
    request: HttpRequest,
    order: Order,
    check: Verification,
    form: OverrideForm,
    *,
    status: int = 200,
) -> HttpResponse:
    back = reverse("worklist:gate", args=[order.pk])
    if why := refusal_of(check, order):
        return refused(request, back, GateRefused(why))
    audit.record_view(
        request, "exam_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    context = {
        "order": order,
        "mrn": mrn_of(order),
        "form": form,
        "check": check,
        "checks": checks(order, check, Scans())[:2],
        "back": back,
    }
    return render(request, "worklist/override.html", context, status=status)
