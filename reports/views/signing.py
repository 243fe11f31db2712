"""The last look: what will be signed, as it is saved, and what speaks against it."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.exceptions import VersionConflict
from orders.models import Order
from orders.selectors import mrn_of, orders_with_patients
from radflow.accounts.access import current_user, requires
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from reports.exceptions import ReportError
from reports.forms import SignForm
from reports.models import CriticalCase, Report, ReportState
from reports.services import open_case, sign_report
from reports.views.editor import is_writable
from reports.views.sections import section_views


@requires(Capability.SIGN_REPORT)
def sign(request: HttpRequest, order_id: int) -> HttpResponse:
    """Shows the saved draft with its checks; signs exactly that, or nothing."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    report = get_object_or_404(Report, order=order)
    user = current_user(request)
    audit.record_view(
        request, "report_reviewed", order_id=order.pk, patient_id=order.patient_id
    )
    if not is_writable(report, user):
        messages.error(request, _("You do not hold a draft of this report."))
        return redirect("reports:editor", order.pk)
    if request.method != "POST":
        return _page(request, order, report, SignForm(), 200)
    return _sign(request, order, report, user)


def _sign(
    request: HttpRequest, order: Order, report: Report, user: User
) -> HttpResponse:
    form = SignForm(request.POST)
    if not form.is_valid():
        return _page(request, order, report, form, 400)
    try:
        _sign_and_flag(order, report, user, form)
    except (ReportError, VersionConflict) as error:
        report.refresh_from_db()
        form.add_error(None, error.text)
        return _page(request, order, report, form, 409)
    messages.success(
        request, _("Signed final and sent. The text can no longer change.")
    )
    return redirect("reports:editor", order.pk)


@transaction.atomic
def _sign_and_flag(order: Order, report: Report, user: User, form: SignForm) -> None:
    """A refused signature opens no case, and a refused case signs nothing."""
    data = form.cleaned_data
    if data["critical"]:
        open_case(
            order_id=order.pk,
            category=data["category"],
            finding=data["finding"],
            user=user,
        )
    sign_report(
        report_id=report.pk,
        status=ReportState.FINAL,
        expected_version=data["version"],
        user=user,
        critical=data["critical"],
    )


def _page(
    request: HttpRequest, order: Order, report: Report, form: SignForm, status: int
) -> HttpResponse:
    sections = section_views(report.draft, order)
    context = {
        "order": order,
        "patient": order.patient,
        "mrn": mrn_of(order),
        "report": report,
        "saved_at": report.draft_saved_at or timezone.now(),
        "sections": sections,
        "missing": [section for section in sections if section.missing],
        "warned": [section for section in sections if section.warning],
        "cases": list(CriticalCase.objects.filter(order=order).order_by("id")),
        "form": form,
    }
    return render(request, "reports/sign.html", context, status=status)
