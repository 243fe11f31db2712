"""Claiming a report and writing its draft; two people never overwrite each other."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from orders.cause import Cause
from orders.exceptions import VersionConflict
from orders.lifecycle import ExamState
from orders.models import Order, OrderEvent, ReportStatus
from orders.services import note, set_report_status
from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.fsm import IllegalTransition
from radflow.live import services as live
from reports.exceptions import NotHolder, ReportRefused
from reports.lifecycle import SIGNED_STATES, ReportEvent, ReportState, decide
from reports.models import Report, SectionCode
from reports.services.locking import lock_order, lock_report

SECTION_LENGTH = 500_000


@transaction.atomic
def open_report(*, order_id: int, user: User) -> Report:
    """The order's report, made if there is none, and claimed if nobody holds it."""
    order = lock_order(order_id)
    if order.status != ExamState.PERFORMED:
        raise ReportRefused(
            gettext("The exam is %(state)s. It can be reported once it is performed.")
            % {"state": gettext(ExamState(order.status).label).lower()},
            code="ORDER_STATE",
        )
    report = Report.objects.select_for_update().filter(order=order).first()
    if report is None:
        report = Report.objects.create(order=order, draft=_prefill(order))
        set_report_status(order_id=order.pk, status=ReportStatus.DRAFT)
    if report.claimed_by_id is None and report.status in _UNFINISHED:
        _claim(report, user)
    return report


_UNFINISHED = (ReportState.DRAFT, ReportState.PRELIMINARY)


def _prefill(order: Order) -> dict[str, str]:
    """What the order knows already; the radiologist writes the rest."""
    side = f", {order.laterality.lower()}" if order.laterality else ""
    indication = [order.reason, order.clinical_info]
    return {
        SectionCode.EXAM_DESCRIPTION.value: f"{order.procedure_text}{side}.",
        SectionCode.INDICATIONS.value: "\n".join(part for part in indication if part),
    }


@transaction.atomic
def take_over(*, report_id: int, user: User) -> Report:
    """Claim a report that somebody else holds; told on the timeline."""
    report, _ = lock_report(report_id)
    before = report.claimed_by
    if before is not None and before.pk != user.pk:
        note(
            order_id=report.order_id,
            kind=OrderEvent.Kind.NOTE,
            title=gettext_noop("Report taken over"),
            detail=f"From {before.display_name}",
            cause=Cause(user=user),
        )
    _claim(report, user)
    return report


@transaction.atomic
def release(*, report_id: int, user: User) -> Report:
    """Let go of a report, so that another may claim it; its draft stays."""
    report, _ = lock_report(report_id)
    if report.claimed_by_id == user.pk:
        report.claimed_by = None
        report.claimed_at = None
        report.save(update_fields=["claimed_by", "claimed_at"])
        _tell(report)
    return report


@transaction.atomic
def hand_back(*, report_id: int, to: User, by: User, expected_version: int) -> Report:
    """To who held it before it was taken over; refused once it was written on."""
    report, _ = lock_report(report_id)
    if report.claimed_by_id != by.pk or report.version != expected_version:
        raise NotHolder(gettext("It was written on or taken over since."))
    note(
        order_id=report.order_id,
        kind=OrderEvent.Kind.NOTE,
        title=gettext_noop("Report given back"),
        detail=f"To {to.display_name}",
        cause=Cause(user=by),
    )
    _claim(report, to)
    return report


@transaction.atomic
def save_draft(
    *, report_id: int, sections: dict[str, str], expected_version: int, user: User
) -> Report:
    """Keep the sections (code to text, byte-faithful) as the working draft.

    Raises VersionConflict if it was saved elsewhere since `expected_version`, and
    NotHolder if somebody else claims it; then nothing is overwritten.
    """
    report, _ = lock_report(report_id)
    require_holder(report, user)
    if report.version != expected_version:
        saved = timezone.localtime(report.draft_saved_at or report.created_at)
        raise VersionConflict(
            gettext(
                "This report was saved elsewhere at %(time)s. Compare, then save again."
            )
            % {"time": f"{saved:%H:%M:%S}"}
        )
    state = check_state(report, ReportEvent.EDIT)
    report.draft = clean_sections({**report.draft, **sections})
    report.status = state
    report.draft_saved_at = timezone.now()
    report.version += 1
    report.save()
    audit.record("draft_saved", actor=user, order_id=report.order_id)
    _tell(report)
    return report


def clean_sections(sections: dict[str, str]) -> dict[str, str]:
    """Known sections only; browsers send CRLF, reports hold LF. Text is never cut."""
    known = set(SectionCode.values)
    for code in known & sections.keys():
        if len(sections[code]) > SECTION_LENGTH:
            raise ReportRefused(
                gettext(
                    "%(section)s: more than %(number)s characters. Nothing was saved."
                )
                % {
                    "section": gettext(SectionCode(code).label),
                    "number": f"{SECTION_LENGTH:,}",
                },
                code="SECTION_LONG",
            )
    return {
        code: text.replace("\r\n", "\n").replace("\0", "")
        for code, text in sections.items()
        if code in known
    }


def check_state(report: Report, event: ReportEvent) -> ReportState:
    """A draft or a signature; what is signed is only corrected or added to."""
    state = ReportState(report.status)
    text = gettext("Not possible: the report is %(state)s.")
    refused = ReportRefused(text % {"state": gettext(state.label).lower()})
    if state in SIGNED_STATES:
        raise refused
    try:
        return decide(state, event).state
    except IllegalTransition as error:
        raise refused from error


def require_holder(report: Report, user: User) -> None:
    if report.claimed_by_id is not None and report.claimed_by_id != user.pk:
        assert report.claimed_by is not None
        raise NotHolder(
            gettext("%(name)s holds this report. Take it over first.")
            % {"name": report.claimed_by.display_name}
        )


def _claim(report: Report, user: User) -> None:
    report.claimed_by = user
    report.claimed_at = timezone.now()
    report.save(update_fields=["claimed_by", "claimed_at"])
    audit.record("report_claimed", actor=user, order_id=report.order_id)
    _tell(report)


def _tell(report: Report) -> None:
    live.publish("report", report.order_id, report.version)
