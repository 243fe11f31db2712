"""One study: what it holds, what it cost in dose, and who was told of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from orders.selectors import mrn_of
from radflow.accounts.access import requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.models import Study
from worklist.views.strange_study import strange_study


@requires(Capability.VIEW_ORDERS)
@require_http_methods(["GET", "POST"])
def study(request: HttpRequest, study_id: int) -> HttpResponse:
    """Without an order a coordinator links it first."""
    found = get_object_or_404(
        Study.objects.select_related("archive", "order__patient", "order__visit"),
        pk=study_id,
    )
    order = found.order
    if order is None or request.method == "POST":
        return strange_study(request, study_id)
    audit.record_view(
        request, "study_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    context = {
        "study": found,
        "order": order,
        "mrn": mrn_of(order),
        "series": found.series.all(),
        "doses": order.doses.shown(),
        "commitments": found.commitments.select_related("archive"),
        "told": order.dicom_deliveries.shown(),
        "notices": order.reading_notices.shown(),
    }
    is_fragment = request.headers.get("X-Fragment")
    name = "worklist/_study.html" if is_fragment else "worklist/study.html"
    return render(request, name, context)
