"""Exams that change patient: who performs or has read one must know (section 10)."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.lifecycle import ExamState
from orders.models import SIGNED, Order, OrderEvent, Patient
from orders.services.attention import put_reason
from orders.services.events import note_on, save

MERGED = gettext_noop("Patient merged")
MOVED = gettext_noop("Moved to another patient")
VISIT_MOVED = gettext_noop("Visit moved")
VISITS_MERGED = gettext_noop("Visits merged")
MERGE_UNDONE = gettext_noop("Merge taken back")
MOVE_UNDONE = gettext_noop("Move taken back")

_RUNS, _ARRIVED, _SIGNED_BEFORE = range(3)
_WHAT = {
    MERGED: (
        gettext_noop("The patient was merged while the exam runs"),
        gettext_noop("The patient was merged after the check-in"),
        gettext_noop("The patient was merged after the report was signed"),
    ),
    MOVED: (
        gettext_noop("The order was moved to another patient while the exam runs"),
        gettext_noop("The order was moved to another patient after the check-in"),
        gettext_noop(
            "The order was moved to another patient after the report was signed"
        ),
    ),
    VISIT_MOVED: (
        gettext_noop("The visit was moved to another patient while the exam runs"),
        gettext_noop("The visit was moved to another patient after the check-in"),
        gettext_noop(
            "The visit was moved to another patient after the report was signed"
        ),
    ),
    MERGE_UNDONE: (
        gettext_noop("The merge of the patient was taken back while the exam runs"),
        gettext_noop("The merge of the patient was taken back after the check-in"),
        gettext_noop(
            "The merge of the patient was taken back after the report was signed"
        ),
    ),
    MOVE_UNDONE: (
        gettext_noop("The order went back to its former patient while the exam runs"),
        gettext_noop("The order went back to its former patient after the check-in"),
        gettext_noop(
            "The order went back to its former patient after the report was signed"
        ),
    ),
}
_ADVICE = (
    gettext_noop("Compare with the wristband before going on."),
    gettext_noop("Compare with the wristband before the exam."),
    gettext_noop("Send a correction to those who have the report."),
)
# What is said on the order, with the title under which people look at it.
FLAGS = {
    f"{what}. {advice}": title
    for title, said in _WHAT.items()
    for what, advice in zip(said, _ADVICE, strict=True)
}


def reassign(
    order: Order, to: Patient, *, title: str, detail: str, cause: Cause
) -> None:
    """With report, study and critical case, which are the order's; locked by you."""
    flag = _flag(order, title) if order.patient_id != to.pk else ""
    order.patient = to
    if flag:
        put_reason(order, flag)
    save(order)
    note_on(
        order,
        kind=OrderEvent.Kind.STOP,
        title=title,
        detail=f"{detail} {flag}".strip()[:500],
        cause=cause,
    )


def _flag(order: Order, title: str) -> str:
    if order.status == ExamState.IN_PROGRESS:
        return _say(title, _RUNS)
    if order.status in (ExamState.ARRIVED, ExamState.READY):
        return _say(title, _ARRIVED)
    return _say(title, _SIGNED_BEFORE) if order.report_status in SIGNED else ""


def _say(title: str, when: int) -> str:
    return f"{_WHAT[title][when]}. {_ADVICE[when]}"
