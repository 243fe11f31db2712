"""Exams that change patient: who performs or has read one must know (section 10)."""

from __future__ import annotations

from orders.cause import Cause
from orders.lifecycle import ExamState
from orders.models import Order, OrderEvent, Patient, ReportStatus
from orders.services.attention import put_reason
from orders.services.events import note_on, save

MERGED = "Patient merged"
MOVED = "Moved to another patient"
VISIT_MOVED = "Visit moved"
VISITS_MERGED = "Visits merged"
MERGE_UNDONE = "Merge taken back"
MOVE_UNDONE = "Move taken back"

_SIGNED = (
    ReportStatus.FINAL,
    ReportStatus.CORRECTED,
    ReportStatus.ADDENDED,
)
_WHAT = {
    MERGED: "The patient was merged",
    MOVED: "The order was moved to another patient",
    VISIT_MOVED: "The visit was moved to another patient",
    MERGE_UNDONE: "The merge of the patient was taken back",
    MOVE_UNDONE: "The order went back to its former patient",
}
_RUNS = " while the exam runs. Compare with the wristband before going on."
_ARRIVED = " after the check-in. Compare with the wristband before the exam."
_SIGNED_BEFORE = (
    " after the report was signed. Send a correction to those who have the report."
)
# What is said on the order, with the title under which people look at it.
FLAGS = {
    f"{what}{when}": title
    for title, what in _WHAT.items()
    for when in (_RUNS, _ARRIVED, _SIGNED_BEFORE)
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
        return _WHAT[title] + _RUNS
    if order.status in (ExamState.ARRIVED, ExamState.READY):
        return _WHAT[title] + _ARRIVED
    return _WHAT[title] + _SIGNED_BEFORE if order.report_status in _SIGNED else ""
