"""Protocolling: the list of exams that wait for it, and the decision on one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.exceptions import VersionConflict
from orders.lifecycle import NOT_STARTED
from orders.models import Order, ProtocolChoice
from orders.selectors import mrn_of, orders_with_patients, procedure_of
from orders.selectors.protocols import protocol_of
from orders.services.protocolling import assign_protocol
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.conflict import renew
from worklist.protocol_forms import ProtocolFilterForm, ProtocolForm
from worklist.selectors.protocolling import modalities_waiting, waiting_for_protocol
from worklist.selectors.safety import checklist
from worklist.views.answers import REFUSALS, done, in_words, way_back
from worklist.views.patient_facts import facts_of


@requires(Capability.PROTOCOL_EXAM)
def protocolling(request: HttpRequest) -> HttpResponse:
    """Urgent ones first, then by their time; filters stand in the address."""
    form = ProtocolFilterForm(request.GET, modalities_waiting())
    waiting = waiting_for_protocol(form.wanted())
    seen = [order.pk for order in waiting.orders]
    audit.record_view(request, "protocolling_viewed", detail={"orders": seen})
    query = request.GET.urlencode()
    context = {
        "form": form,
        "waiting": waiting,
        "query": query,
        "here": f"{request.path}?{query}" if query else request.path,
    }
    name = "_protocolling" if "X-Fragment" in request.headers else "protocolling"
    return render(request, f"worklist/{name}.html", context)


@requires(Capability.PROTOCOL_EXAM)
@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, order_id: int) -> HttpResponse:
    """Which protocol, and what the technologist should know; may be decided anew."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    offered = ProtocolChoice.objects.filter(procedure=procedure_of(order))
    if request.method == "GET":
        initial = {"version": order.version}
        return _page(request, order, ProtocolForm(offered=offered, initial=initial))
    form = ProtocolForm(request.POST, offered=offered)
    if not form.is_valid():
        return _page(request, order, form, status=400)
    try:
        assign_protocol(
            order_id=order.pk,
            user=current_user(request),
            wanted=form.decided(),
            expected_version=form.cleaned_data["version"],
        )
    except VersionConflict as error:
        renew(form, {"version": Order.objects.get(pk=order.pk).version})
        form.add_error(None, _(error.text))
        return _page(request, order, form, status=409)
    except REFUSALS as error:
        form.add_error(None, in_words(error))
        return _page(request, order, form, status=409)
    back = way_back(request, reverse("worklist:protocolling"))
    return done(request, back, _("Protocol assigned."))


def _page(
    request: HttpRequest, order: Order, form: ProtocolForm, *, status: int = 200
) -> HttpResponse:
    audit.record_view(
        request, "exam_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    context = {
        "order": order,
        "mrn": mrn_of(order),
        "form": form,
        "facts": facts_of(order, checklist(order)),
        "protocol": protocol_of(order),
        "may_decide": order.status in NOT_STARTED,
        "back": way_back(request, reverse("worklist:protocolling")),
    }
    return render(request, "worklist/protocol.html", context, status=status)
