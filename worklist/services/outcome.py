"""What the end of a performed step means for its exam (standards.md 5.3, T8 to T10)."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from orders.cause import Cause
from orders.lifecycle import Event, Refused
from orders.models import Order, OrderEvent
from orders.services import note, record_event, set_schedule
from radflow.dicom.performed_step import PerformedStepData
from worklist.models import PerformedStep, PerformedStepStatus, ScheduledStep
from worklist.reasons import DISCONTINUATION_REASONS, RESCHEDULED, WRONG_ENTRY
from worklist.services.attention import alarm

Status = PerformedStepStatus


def apply_outcome(
    order: Order,
    step: PerformedStep,
    data: PerformedStepData,
    cause: Cause,
    *,
    no_series: bool,
) -> None:
    if step.status == Status.IN_PROGRESS:
        return
    Order.objects.select_for_update().get(pk=order.pk)
    if step.status == Status.DISCONTINUED and not step.instance_count:
        _stopped_without_images(order, step, data, cause)
    elif step.discontinuation_code == WRONG_ENTRY:
        # Images or not: they belong to somebody else.
        _requeue(order, step, cause)
    elif no_series:
        alarm(
            order_id=order.pk,
            title=gettext_noop("Ended without any series"),
            detail=gettext_noop(
                "The scanner names no images. Confirm the end at the station."
            ),
            cause=cause,
        )
    else:
        _ended_with_images(order, step, data, cause)


def _stopped_without_images(
    order: Order, step: PerformedStep, data: PerformedStepData, cause: Cause
) -> None:
    code = step.discontinuation_code
    if code == WRONG_ENTRY or code in RESCHEDULED:
        _requeue(order, step, cause)
    elif _is_open(order, step, data):
        _tell_waiting(order, cause)
    elif _has_images(order, step):
        _close_twins(order, Status.COMPLETED, step)
        _record(order_id=order.pk, event=Event.END, cause=cause)
    else:
        _close_twins(order, Status.DISCONTINUED, step)
        _record(order_id=order.pk, event=Event.ABORT, cause=cause, detail=_reason(code))


def _requeue(order: Order, step: PerformedStep, cause: Cause) -> None:
    """The worklist gets its entry back, unless other steps of the exam stand."""
    code = step.discontinuation_code
    others = _of_scanner(order).exclude(pk=step.pk)
    if others.exclude(discontinuation_code=WRONG_ENTRY).exists():
        alarm(
            order_id=order.pk,
            title=gettext_noop("One of several scans was a mistake"),
            detail=_reason(code),
            cause=cause,
        )
        return
    _close_twins(order, Status.DISCONTINUED, step)
    to_ordered = code in RESCHEDULED
    if to_ordered:
        set_schedule(order_id=order.pk, start=None, station_ae_title="", room_name="")
    _record(
        order_id=order.pk,
        event=Event.REQUEUE,
        cause=cause,
        detail=_reason(code),
        guard=to_ordered,
    )


def _ended_with_images(
    order: Order, step: PerformedStep, data: PerformedStepData, cause: Cause
) -> None:
    _named_steps(order, step, data).update(closed=True)
    if _is_open(order, step, data):
        _tell_waiting(order, cause)
        return
    _close_twins(order, Status.COMPLETED, step)
    detail = f"{len(data.series)} series, {data.instance_count} images"
    _record(order_id=order.pk, event=Event.END, cause=cause, detail=detail)
    if step.status == Status.DISCONTINUED:
        alarm(
            order_id=order.pk,
            title=gettext_noop("Stopped with images: the study is partial"),
            detail=_reason(step.discontinuation_code),
            cause=cause,
        )


def _named_steps(
    order: Order, step: PerformedStep, data: PerformedStepData
) -> QuerySet[ScheduledStep]:
    """The scheduled steps the scanner named; all of an exam it named otherwise."""
    named = [reference.step_id for reference in data.references if reference.step_id]
    fitting = order.steps.filter(Q(pk=step.step_id) | Q(step_id__in=named))
    return fitting if fitting.exists() else order.steps.all()


def _record(
    *, order_id: int, event: Event, cause: Cause, detail: str = "", guard: bool = False
) -> None:
    """The scanner cannot take back what it did: a refusal becomes an alarm."""
    try:
        record_event(
            order_id=order_id, event=event, cause=cause, detail=detail, guard=guard
        )
    except Refused as refused:
        alarm(
            order_id=order_id,
            title=gettext_noop("The scanner's report does not fit this exam"),
            detail=f"It ended a step of an exam that is {refused.state}.",
            cause=cause,
        )


def _is_open(order: Order, step: PerformedStep, data: PerformedStepData) -> bool:
    """Work is left: another performed step runs, or a scheduled one has not begun."""
    running = _of_scanner(order).filter(status=Status.IN_PROGRESS)
    waiting = order.steps.filter(closed=False, performed=None)
    waiting = waiting.exclude(pk__in=_named_steps(order, step, data))
    return running.exclude(pk=step.pk).exists() or waiting.exists()


def _has_images(order: Order, step: PerformedStep) -> bool:
    others = _of_scanner(order).exclude(pk=step.pk)
    return others.filter(instance_count__gt=0).exists()


def _of_scanner(order: Order) -> QuerySet[PerformedStep]:
    own = PerformedStep.objects.filter(order=order, from_modality=True)
    grouped = PerformedStep.objects.filter(grouped_orders=order)
    return (own | grouped).distinct()


def _close_twins(order: Order, status: str, step: PerformedStep) -> None:
    """A step begun in the browser stood for this one: it ends with it."""
    order.performed_steps.filter(from_modality=False, status=Status.IN_PROGRESS).update(
        status=status,
        ended_at=step.ended_at,
        discontinuation_code=step.discontinuation_code,
    )


def _tell_waiting(order: Order, cause: Cause) -> None:
    note(
        order_id=order.pk,
        kind=OrderEvent.Kind.NOTE,
        title=gettext_noop("One step of the exam ended"),
        detail=gettext_noop("Others are still open."),
        cause=cause,
    )


def _reason(code: str) -> str:
    return DISCONTINUATION_REASONS.get(
        code, gettext_noop("Discontinued by the scanner")
    )
