"""The signed report on paper: whose it is on each page, marked if it is not final."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from orders.models import SIGNED
from orders.selectors import mrn_of, orders_with_patients
from radflow.accounts.access import requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from reports.models import ReportVersion
from reports.views.sections import section_views


@requires(Capability.VIEW_REPORTS)
def paper(request: HttpRequest, order_id: int) -> HttpResponse:
    """The newest signed version; a draft is its author's and is not printed."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    versions = ReportVersion.objects.filter(report__order=order)
    signed = versions.select_related("signed_by").order_by("number").last()
    if signed is None:
        raise Http404("Nothing is signed yet.")
    audit.record_view(
        request, "report_printed", order_id=order.pk, patient_id=order.patient_id
    )
    context = {
        "order": order,
        "patient": order.patient,
        "mrn": mrn_of(order),
        "signed": signed,
        "status": signed.status,
        "is_final": signed.status in SIGNED,
        "sections": section_views(signed.sections, order),
        "printed_at": timezone.now(),
    }
    return render(request, "reports/paper.html", context)
