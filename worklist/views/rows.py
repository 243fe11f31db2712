"""One exam as the board and the station list show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.lifecycle import NOT_STARTED, ExamState
from orders.models import Order, Patient, Priority, ReportStatus
from orders.selectors import mrn_of
from worklist.alike import Alike, alike_of
from worklist.selectors import LookAlikes

S = ExamState
_REPORTED = frozenset(ReportStatus) - {
    ReportStatus.NONE,
    ReportStatus.DRAFT,
    ReportStatus.WITHDRAWN,
}
_WAITING = frozenset({S.ORDERED, S.ARRIVED, S.READY, S.PERFORMED, S.ON_HOLD})
_DONE = frozenset({S.PERFORMED, S.CANCELLED, S.DISCONTINUED, S.REPLACED})
_TARGET_MINUTES = {Priority.STAT: 30, Priority.ASAP: 60}
_ROUTINE_MINUTES = 120


@dataclass(frozen=True)
class ExamRow:
    """What a list shows of an exam, as plain values: rows are kept by what they show.

    `state` is the report's once there is one, else the exam's; `status` is always the
    exam's.
    """

    pk: int
    priority: str
    priority_label: str
    family_name: str
    given_name: str
    other_name: str
    alike: Alike | None
    birth_date: date | None
    birth_date_text: str
    mrn: str
    procedure: str
    laterality: str
    needs_attention: str
    accession_number: str
    location: str
    room_name: str
    status: str
    state: str
    state_label: str
    slot: datetime | None
    waits_since: datetime | None
    target_minutes: int

    @property
    def slot_day(self) -> date | None:
        """Its day, unless that is today."""
        if self.slot is None:
            return None
        day = timezone.localtime(self.slot).date()
        return None if day == timezone.localdate() else day

    @property
    def may_book(self) -> bool:
        return self.status in NOT_STARTED

    @property
    def is_done(self) -> bool:
        return self.status in _DONE


def exam_rows(orders: Sequence[Order], found: LookAlikes) -> list[ExamRow]:
    """`found` holds everybody whom these patients may be taken for."""
    return [
        exam_row(order, alike_of(order.patient, mrn_of(order), found))
        for order in orders
    ]


def exam_row(order: Order, alike: Alike | None = None) -> ExamRow:
    shown = shown_state(order)
    priority, patient = Priority(order.priority), order.patient
    return ExamRow(
        pk=order.pk,
        priority=priority.value,
        priority_label=_(str(priority.label)),
        family_name=patient.family_name,
        given_name=patient.given_name,
        other_name=patient.other_name,
        alike=alike,
        birth_date=patient.birth_date,
        birth_date_text=patient.birth_date_text,
        mrn=mrn_of(order),
        procedure=order.procedure_text or order.procedure_code,
        laterality=order.laterality,
        needs_attention=order.needs_attention,
        accession_number=order.accession_number,
        location=order.visit.location if order.visit else "",
        room_name=order.room_name,
        status=order.status,
        state=shown.value,
        state_label=_(str(shown.label)),
        slot=order.scheduled_start,
        waits_since=_waits_since(order) if isinstance(shown, S) else None,
        target_minutes=_TARGET_MINUTES.get(priority, _ROUTINE_MINUTES),
    )


def shown_state(order: Order) -> ExamState | ReportStatus:
    """The report's once there is one, else the exam's."""
    if order.report_status in _REPORTED:
        return ReportStatus(order.report_status)
    return S(order.status)


def _waits_since(order: Order) -> datetime | None:
    """A booked exam begins to wait when its time has passed."""
    if order.status == S.SCHEDULED and order.scheduled_start:
        is_late = order.scheduled_start < timezone.now()
        return order.scheduled_start if is_late else None
    return order.status_since if order.status in _WAITING else None


def who(order: Order) -> str:
    return name_of(order.patient)


def name_of(patient: Patient) -> str:
    names = [patient.family_name or _("Not known"), patient.given_name]
    return ", ".join(name for name in names if name)
