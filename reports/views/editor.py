from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from orders.exceptions import VersionConflict
from orders.models import Order
from orders.selectors import mrn_of, orders_with_patients
from orders.selectors.exam_facts import exam_facts
from radflow.accounts.access import current_user, requires
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.conflict import Conflict
from radflow.desk.undo import offer
from reports.exceptions import ReportError
from reports.forms import CriticalForm, sections_of
from reports.models import (
    CriticalCase,
    Report,
    ReportState,
    ReportVersion,
    SectionCode,
)
from reports.selectors import priors_of
from reports.services import (
    open_case,
    open_report,
    save_draft,
    sign_report,
    take_over,
)
from reports.undoing import REPORT
from reports.views.sections import differences, section_views

_SIGN = {"preliminary": ReportState.PRELIMINARY, "final": ReportState.FINAL}


@requires(Capability.VIEW_REPORTS)
def editor(request: HttpRequest, order_id: int) -> HttpResponse:
    """Write and sign for a radiologist who holds it; signed text for all others."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    user = current_user(request)
    audit.record_view(
        request, "report_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    try:
        report = _report_for(order, user)
    except ReportError as error:
        return _page(request, order, None, error=error.text, status=409)
    if request.method != "POST":
        return _page(request, order, report)
    if report is None or not user.may(Capability.WRITE_REPORT):
        raise PermissionDenied
    return _write(request, order, report, user)


def _report_for(order: Order, user: User) -> Report | None:
    if user.may(Capability.WRITE_REPORT):
        return open_report(order_id=order.pk, user=user)
    return Report.objects.filter(order=order).first()


def _write(
    request: HttpRequest, order: Order, report: Report, user: User
) -> HttpResponse:
    """Save what was typed; then sign it, or review it, if the button says so."""
    typed = sections_of(request.POST.dict())
    wanted = request.POST.get("action", "save")
    try:
        report = save_draft(
            report_id=report.pk,
            sections=typed,
            expected_version=_version(request),
            user=user,
        )
        if wanted in _SIGN:
            sign_report(
                report_id=report.pk,
                status=_SIGN[wanted],
                expected_version=report.version,
                user=user,
            )
    except (ReportError, VersionConflict) as error:
        report = Report.objects.select_related("claimed_by").get(pk=report.pk)
        conflict = _conflict_of(report, typed, user)
        return _page(
            request,
            order,
            report,
            typed=typed,
            conflict=conflict,
            error=error.text,
            status=409,
        )
    if wanted == "review":
        return redirect("reports:sign", order.pk)
    messages.success(request, gettext(_DONE.get(wanted, _SAVED)))
    return redirect("reports:editor", order.pk)


_SAVED = gettext_noop("Draft saved.")
_DONE = {
    "preliminary": gettext_noop("Signed preliminary and sent."),
    "final": gettext_noop("Signed final and sent. The text can no longer change."),
}


def _version(request: HttpRequest) -> int:
    """`keep`: mine, knowing the version that is kept now."""
    text = request.POST.get("keep") or request.POST.get("version", "")
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_number else 0


@requires(Capability.WRITE_REPORT)
@require_POST
def autosave(request: HttpRequest, order_id: int) -> HttpResponse:
    """The editor's text every few seconds: JSON, or 409 with both texts."""
    report = get_object_or_404(Report, order_id=order_id)
    typed = sections_of(request.POST.dict())
    try:
        saved = save_draft(
            report_id=report.pk,
            sections=typed,
            expected_version=_version(request),
            user=current_user(request),
        )
    except (ReportError, VersionConflict) as error:
        return _conflict_part(request, report, typed, error.text)
    at = saved.draft_saved_at or timezone.now()
    return JsonResponse({"version": saved.version, "saved_at": at.isoformat()})


def _conflict_part(
    request: HttpRequest, report: Report, typed: dict[str, str], text: str
) -> HttpResponse:
    report.refresh_from_db()
    audit.record_view(request, "draft_compared", order_id=report.order_id)
    conflict = _conflict_of(report, typed, current_user(request))
    context = {"conflict": conflict, "error": text}
    return render(request, "reports/_conflict.html", context, status=409)


def _conflict_of(report: Report, typed: dict[str, str], user: User) -> Conflict:
    """Mine can be kept by who still holds it: it was saved in another window."""
    by = report.claimed_by
    return Conflict(
        by.display_name if by else "",
        report.draft_saved_at,
        lines=differences(typed, report),
        theirs=reverse("reports:editor", args=[report.order_id]),
        form="report-form" if is_writable(report, user) else "",
        version=report.version,
    )


@requires(Capability.WRITE_REPORT)
@require_POST
def claim(request: HttpRequest, order_id: int) -> HttpResponse:
    """Take a report over from whoever holds it."""
    report = get_object_or_404(Report, order_id=order_id)
    user, before = current_user(request), report.claimed_by_id
    taken = take_over(report_id=report.pk, user=user)
    said = gettext("You hold this report now.")
    if before in (None, user.pk):
        messages.success(request, said)
    else:
        offer(
            request,
            said,
            kind="take-over",
            about=REPORT,
            subject=taken.pk,
            version=taken.version,
            before={"holder": before},
        )
    return redirect("reports:editor", order_id)


@requires(Capability.WRITE_REPORT)
@require_POST
def flag_critical(request: HttpRequest, order_id: int) -> HttpResponse:
    """Open a case for a finding, before or after signing."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    user = current_user(request)
    form = CriticalForm(request.POST)
    status = 400
    if form.is_valid():
        try:
            case = open_case(order_id=order.pk, user=user, **form.cleaned_data)
        except ReportError as error:
            form.add_error(None, error.text)
            status = 409
        else:
            messages.warning(
                request,
                gettext("%(case)s is open. Its clock runs.") % {"case": case.number},
            )
            return redirect("reports:editor", order.pk)
    report = Report.objects.filter(order=order).first()
    return _page(request, order, report, critical=form, status=status)


def _page(
    request: HttpRequest,
    order: Order,
    report: Report | None,
    *,
    typed: dict[str, str] | None = None,
    critical: CriticalForm | None = None,
    conflict: Conflict | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    user = current_user(request)
    versions = _versions(report)
    signed = versions[-1] if versions else None
    writable = is_writable(report, user)
    draft = {**(report.draft if report else {}), **(typed or {})}
    texts = draft if writable else (signed.sections if signed else {})
    priors = priors_of(order)
    context: dict[str, Any] = {
        "order": order,
        "patient": order.patient,
        "mrn": mrn_of(order),
        "report": report,
        "sections": section_views(texts, order),
        "may_write": user.may(Capability.WRITE_REPORT),
        "writable": writable,
        "holder": report.claimed_by if report else None,
        "signed": signed,
        "versions": versions,
        "priors": [_prior(prior) for prior in priors[:5]],
        "exam": exam_facts(order),
        "cases": list(CriticalCase.objects.filter(order=order).order_by("id")),
        "critical_form": critical or CriticalForm(),
        "error": error,
        "conflict": conflict,
    }
    return render(request, "reports/editor.html", context, status=status)


def _versions(report: Report | None) -> list[ReportVersion]:
    if report is None:
        return []
    return list(report.versions.select_related("signed_by").order_by("number"))


def _prior(order: Order) -> dict[str, Any]:
    """An earlier exam with what its last signed version concluded."""
    report = getattr(order, "report", None)
    versions = list(report.versions.all()) if report else []
    version = versions[-1] if versions else None
    conclusion = version.sections.get(SectionCode.IMPRESSION, "") if version else ""
    return {"order": order, "version": version, "impression": conclusion}


def is_writable(report: Report | None, user: User) -> bool:
    """Held by this person, who may write, and not final."""
    return (
        report is not None
        and user.may(Capability.WRITE_REPORT)
        and report.claimed_by_id == user.pk
        and report.status in (ReportState.DRAFT, ReportState.PRELIMINARY)
    )
