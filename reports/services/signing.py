"""Signing: the text becomes a version that nothing changes, and leaves as ORU."""

from __future__ import annotations

import hashlib
import json

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from orders.cause import Cause
from orders.exceptions import VersionConflict
from orders.lifecycle import ExamState
from orders.models import Order, OrderEvent, ReportStatus
from orders.services import note, set_report_status
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.live import services as live
from reports.exceptions import ReportRefused
from reports.hl7 import outbound
from reports.lifecycle import ReportEvent, ReportState
from reports.models import CriticalCase, Report, ReportVersion, SectionCode
from reports.services.drafting import check_state, require_holder
from reports.services.locking import lock_report

_EVENTS = {
    ReportState.PRELIMINARY: ReportEvent.SIGN_PRELIMINARY,
    ReportState.FINAL: ReportEvent.SIGN_FINAL,
}
_SIGNED = {
    ReportState.PRELIMINARY: gettext_noop("Preliminary report signed"),
    ReportState.FINAL: gettext_noop("Final report signed"),
}
REQUIRED = (SectionCode.FINDINGS, SectionCode.IMPRESSION)


@transaction.atomic
def sign_report(
    *,
    report_id: int,
    status: ReportState,
    expected_version: int,
    user: User,
    critical: bool = False,
) -> ReportVersion:
    """Sign the saved draft as preliminary or final.

    `critical` states that the findings are; a final one then needs an open case.
    Raises ReportRefused, NotHolder or VersionConflict; then nothing is signed.
    """
    report, order = lock_report(report_id)
    require_holder(report, user)
    if report.version != expected_version:
        raise VersionConflict(
            gettext("The draft changed since you saw it. Look, then sign.")
        )
    after = check_state(report, _EVENTS[status])
    cases = list(CriticalCase.objects.filter(order=order).exclude(state="retracted"))
    _require_signable(report, order, user, critical and not cases)
    version = _freeze(report, after, user, critical or bool(cases))
    report.status = after
    if after is not ReportState.PRELIMINARY:
        report.claimed_by = None
    report.version += 1
    report.save()
    _tell(report, order, version, user)
    return version


def _require_signable(
    report: Report, order: Order, user: User, undocumented: bool
) -> None:
    if not user.may(Capability.SIGN_REPORT):
        raise ReportRefused(
            gettext("Your role may not sign reports."), code="NOT_ALLOWED"
        )
    if order.identity_conflict:
        raise ReportRefused(
            gettext(
                "It is in doubt whose exam this is: %(why)s Settle it on the order's "
                "page, then sign."
            )
            % {"why": gettext(order.identity_conflict)},
            code="PATIENT_MISMATCH",
        )
    if order.status != ExamState.PERFORMED:
        raise ReportRefused(
            gettext(
                "The exam is %(state)s, more images may come. Sign once it is "
                "performed."
            )
            % {"state": gettext(ExamState(order.status).label).lower()},
            code="ORDER_STATE",
        )
    empty = [code for code in REQUIRED if not report.draft.get(code, "").strip()]
    if empty:
        names = ", ".join(gettext(code.label) for code in empty)
        raise ReportRefused(
            gettext("Still empty: %(sections)s.") % {"sections": names},
            code="SECTION_EMPTY",
        )
    if order.performed_steps.exclude(mismatch="").exists():
        raise ReportRefused(
            gettext(
                "The scanner named another patient or exam than this order. Resolve "
                "that before you sign."
            ),
            code="PATIENT_MISMATCH",
        )
    if undocumented:
        raise ReportRefused(
            gettext("The finding is marked critical. Open its case before you sign."),
            code="CASE_MISSING",
        )


def _freeze(
    report: Report, status: ReportState, user: User, critical: bool
) -> ReportVersion:
    previous = report.versions.order_by("-number").first()
    number = previous.number + 1 if previous else 1
    sections = {code: report.draft.get(code, "") for code in SectionCode.values}
    signed_at = timezone.now()
    return ReportVersion.objects.create(
        report=report,
        number=number,
        status=status,
        sections=sections,
        critical=critical,
        signed_by=user,
        signed_at=signed_at,
        content_hash=content_hash(
            {
                "report": report.pk,
                "number": number,
                "status": status,
                "sections": sections,
                "signed_by": user.username,
                "signed_at": signed_at.isoformat(),
                "previous": previous.content_hash if previous else "",
            }
        ),
    )


def content_hash(content: dict[str, object]) -> str:
    """SHA-256 over canonical JSON (sorted keys, UTF-8, no spaces)."""
    text = json.dumps(
        content, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _tell(report: Report, order: Order, version: ReportVersion, user: User) -> None:
    cause = Cause(user=user, at=version.signed_at)
    set_report_status(order_id=order.pk, status=ReportStatus(version.status))
    note(
        order_id=order.pk,
        kind=OrderEvent.Kind.REPORT,
        title=_SIGNED[ReportState(version.status)],
        detail=f"Version {version.number}, SHA-256 {version.content_hash[:12]}",
        cause=cause,
        report_version_id=version.pk,
    )
    audit.record(
        "report_signed",
        actor=user,
        order_id=order.pk,
        patient_id=order.patient_id,
        detail={"version": version.pk, "status": version.status},
    )
    live.publish("report", order.pk, report.version)
    order.refresh_from_db()
    outbound.send_result(order, version, cause)
