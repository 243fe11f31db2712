"""What the technologist records of an exam at its end, or later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from orders.cause import Cause
from orders.exceptions import AnswerRefused
from orders.lifecycle import ExamState
from orders.models import (
    ContrastGiven,
    ExamRecord,
    OrderEvent,
    RepeatReason,
    Route,
)
from orders.services.events import locked, note_on
from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit

MOST_REPEATS = 999
RECORDABLE = frozenset(
    {ExamState.IN_PROGRESS, ExamState.PERFORMED, ExamState.DISCONTINUED}
)


@dataclass(frozen=True)
class Told:
    """The values of an ExamRecord; all of them may be empty."""

    contrast: str = ""
    contrast_agent: str = ""
    contrast_volume_ml: Decimal | None = None
    contrast_route: str = ""
    dlp: Decimal | None = None
    ctdi_vol: Decimal | None = None
    dose_area_product: Decimal | None = None
    repeats: dict[str, int] = field(default_factory=dict)
    note: str = ""


@unit.atomic
def record_exam(*, order_id: int, user: User, told: Told) -> ExamRecord:
    """Keep it beside what was recorded before; the last one counts.

    Also for an exam that the scanner has ended. Raises AnswerRefused.
    """
    order = locked(order_id)
    if order.status not in RECORDABLE:
        raise AnswerRefused(gettext("The exam has not begun: nothing is recorded yet."))
    _check(told)
    record = ExamRecord.objects.create(
        order=order, user=user, at=timezone.now(), **asdict(told)
    )
    note_on(
        order,
        kind=OrderEvent.Kind.NOTE,
        title=gettext_noop("Exam recorded"),
        detail=summary_of(record)[:500],
        cause=Cause(user=user, at=record.at),
    )
    audit.record(
        "exam_recorded",
        actor=user,
        patient_id=order.patient_id,
        order_id=order.pk,
        detail={"record": record.pk},
    )
    return record


def _check(told: Told) -> None:
    if told.contrast == ContrastGiven.NO and told.contrast_volume_ml:
        raise AnswerRefused(gettext("A volume was entered, yet no contrast was given."))
    for reason, count in told.repeats.items():
        if reason not in RepeatReason.values or not 0 < count <= MOST_REPEATS:
            raise AnswerRefused(gettext("Repeats are counted by a known reason."))


def summary_of(record: ExamRecord) -> str:
    """For the timeline: what was said, in one line."""
    return "; ".join(_said(record)) or gettext_noop("Nothing to add")


def _said(record: ExamRecord) -> Iterator[str]:
    if record.contrast == ContrastGiven.NO:
        yield "No contrast given"
    elif record.contrast:
        volume = record.contrast_volume_ml
        route = Route(record.contrast_route).label if record.contrast_route else ""
        parts = (record.contrast_agent, f"{volume} mL" if volume else "", str(route))
        yield f"Contrast {', '.join(part for part in parts if part)}".strip()
    if record.dlp is not None:
        yield f"DLP {record.dlp} mGy·cm"
    if record.ctdi_vol is not None:
        yield f"CTDIvol {record.ctdi_vol} mGy"
    if record.dose_area_product is not None:
        yield f"DAP {record.dose_area_product} Gy·cm²"
    for reason, count in record.repeats.items():
        yield f"{count} repeated: {RepeatReason(reason).label}"
    if record.note:
        yield f"To the radiologist: {record.note}"
