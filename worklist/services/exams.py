"""An exam begun, ended or stopped by its technologist in the browser."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext
from pydicom.uid import generate_uid

from orders.cause import Cause
from orders.exceptions import AnswerRefused
from orders.lifecycle import WORKLIST_STATES, Event, ExamState, Refused
from orders.models import Order
from orders.selectors.safety import contrast_exams
from orders.services import record_event
from orders.services.recording import Told, record_exam
from radflow.accounts.models import User
from worklist.exceptions import GateRefused, ScannerStillRunning
from worklist.models import PerformedStep, PerformedStepStatus, Station
from worklist.reasons import DISCONTINUATION_REASONS
from worklist.services.booking import bind_station, lock_order, open_step
from worklist.services.gate import spend

Status = PerformedStepStatus


@transaction.atomic
def begin_exam(
    *, order_id: int, user: User, verification_id: int, station_id: int | None = None
) -> Order:
    """Start the exam on a check of identity, which this uses up.

    `station_id` is where; a step that any scanner could take is then its own.

    Raises GateRefused, lifecycle.Refused or UnknownOrder; then nothing has changed.
    """
    order = lock_order(order_id)
    if order.status not in WORKLIST_STATES:
        state = gettext(ExamState(order.status).label)
        raise GateRefused(
            gettext("The exam's state is %(state)s: it cannot begin.")
            % {"state": state},
            code="ORDER_STATE",
        )
    verification = spend(verification_id, order, user)
    cause = Cause(user=user)
    step = open_step(order)
    if step and station_id:
        bind_station(step, Station.objects.get(pk=station_id).ae_title)
    PerformedStep.objects.create(
        sop_instance_uid=generate_uid(prefix=None),
        order=order,
        step=step,
        status=Status.IN_PROGRESS,
        station_ae_title=step.station_ae_title if step else "",
        from_modality=False,
        started_at=cause.at,
    )
    return record_event(
        order_id=order_id,
        event=Event.BEGIN,
        cause=cause,
        detail=f"After the identity check of {verification.at:%H:%M:%S} UTC",
    )


@transaction.atomic
def end_exam(*, order_id: int, cause: Cause, override: bool = False) -> Order:
    """The technologist says: done.

    Raises ScannerStillRunning while a scanner has not ended its own performed step,
    unless `override`: then that step is final too, and what it says later is refused.
    """
    _require_started(lock_order(order_id), Event.END)
    _close(order_id, Status.COMPLETED, cause, override=override)
    return record_event(order_id=order_id, event=Event.END, cause=cause)


@transaction.atomic
def finish_exam(*, order_id: int, user: User, told: Told, override: bool) -> Order:
    """`end_exam` with what the technologist records of it; both or neither.

    Raises AnswerRefused where contrast is expected and not spoken of.
    """
    order = lock_order(order_id)
    if not told.contrast and order.pk in contrast_exams([order]):
        raise AnswerRefused(gettext("Say whether contrast was given."))
    _require_started(order, Event.END)
    record_exam(order_id=order_id, user=user, told=told)
    return end_exam(order_id=order_id, cause=Cause(user=user), override=override)


@transaction.atomic
def discontinue_exam(
    *,
    order_id: int,
    cause: Cause,
    reason: str,
    comment: str = "",
    told: Told | None = None,
) -> Order:
    """Stop the exam for good. `reason` is a code of CID 9300 (worklist.reasons).

    `told` is what the technologist records of it, who is then the cause's user.
    """
    if told is not None and cause.user is not None:
        _require_started(lock_order(order_id), Event.STOP)
        record_exam(order_id=order_id, user=cause.user, told=told)
    meaning = DISCONTINUATION_REASONS[reason]
    _require_started(lock_order(order_id), Event.STOP)
    _close(order_id, Status.DISCONTINUED, cause, override=True, reason=reason)
    detail = f"{meaning}. {comment}".strip(" .")
    return record_event(
        order_id=order_id, event=Event.STOP, cause=cause, detail=detail[:500]
    )


def _require_started(order: Order, event: Event) -> None:
    if order.status != ExamState.IN_PROGRESS:
        raise Refused("ORDER_STATE", order.status, event)


def _close(
    order_id: int, status: str, cause: Cause, *, override: bool, reason: str = ""
) -> None:
    running = PerformedStep.objects.filter(order=order_id, status=Status.IN_PROGRESS)
    if not override and running.filter(from_modality=True).exists():
        raise ScannerStillRunning(
            gettext(
                "The scanner has not reported the end of this exam. End it there, or "
                "confirm that nothing more will come."
            )
        )
    running.update(status=status, ended_at=cause.at, discontinuation_code=reason)
