"""Performed procedure steps as scanners tell them: MPPS N-CREATE and N-SET."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop
from pydicom.dataset import Dataset

from orders.cause import Cause
from orders.lifecycle import Event, ExamState
from orders.models import SIGNED, Order, OrderEvent
from orders.services import note, record_event
from radflow.dicom import mpps
from radflow.dicom.mpps import Problem
from radflow.dicom.performed_step import PerformedStepData, read_mpps
from worklist.exceptions import StepRefused
from worklist.models import (
    DicomDelivery,
    DicomExchange,
    PerformedStep,
    PerformedStepStatus,
)
from worklist.selectors.performed import linked_orders
from worklist.services.attention import alarm
from worklist.services.booking import bind_station
from worklist.services.dosing import keep_step_dose
from worklist.services.exchanges import Request, keep
from worklist.services.linking import Links, find_links
from worklist.services.moments import moment
from worklist.services.outcome import apply_outcome
from worklist.services.relaying import pass_on
from worklist.services.studies import refresh_study


@transaction.atomic
def create_performed_step(*, uid: str, step: Dataset, request: Request) -> None:
    """Store an N-CREATE, link it, begin its exams. Returns when it may be answered.

    Raises StepRefused: invalid (section 7), or a step of this UID exists.
    """
    if problem := mpps.validate_create(step):
        raise StepRefused(problem)
    data = read_mpps(step, uid)
    links = find_links(data)
    exchange = keep(request, status=0)
    performed = _stored(data, request.dataset, links)
    cause = Cause(
        actor=data.station_ae or request.calling_ae,
        exchange_id=exchange.pk,
        at=performed.started_at,
    )
    keep_step_dose(performed, data)
    if links.step:
        bind_station(links.step, performed.station_ae_title)
    # By id: two scans of one group then wait in line.
    for order in sorted(links.orders, key=lambda one: one.pk):
        _begin(order, performed, cause)
        refresh_study(order, data)
    if links.orders:
        pass_on(
            kind=DicomDelivery.Kind.CREATE,
            uid=uid,
            dataset=request.dataset,
            order=links.orders[0],
            cause=cause,
        )
    for order in links.suspects:
        _sound_mismatch(order, links.mismatch, cause)


def _stored(
    data: PerformedStepData, dataset: dict[str, Any], links: Links
) -> PerformedStep:
    performed = PerformedStep(
        sop_instance_uid=data.sop_instance_uid,
        order=links.orders[0] if links.orders else None,
        step=links.step,
        status=PerformedStepStatus.IN_PROGRESS,
        station_ae_title=data.station_ae[:16],
        started_at=moment(data.started),
        series_count=len(data.series),
        instance_count=data.instance_count,
        mismatch=links.mismatch[:300],
        dataset=dataset,
    )
    try:
        with transaction.atomic():
            performed.save(force_insert=True)
    except IntegrityError as error:
        raise StepRefused(mpps.DUPLICATE) from error
    performed.grouped_orders.set(links.orders[1:])
    return performed


def _begin(order: Order, performed: PerformedStep, cause: Cause) -> None:
    """One transition per exam: a step begun in the browser, or ended there already,
    is the same work told twice."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    if _ended_in_browser(order, performed):
        _tell_attached(order, cause)
        return
    before = order.status
    after = record_event(
        order_id=order.pk,
        event=Event.BEGIN,
        cause=cause,
        detail=_begin_detail(order),
        guard=order.report_status in SIGNED,
    )
    if after.status == before and after.needs_attention == order.needs_attention:
        _tell_attached(order, cause)


def _begin_detail(order: Order) -> str:
    if order.status == ExamState.PERFORMED:
        if order.report_status in SIGNED:
            return gettext_noop("Images after the final report: the reader must look.")
        return gettext_noop("The scanner began again: more images")
    if order.status in (ExamState.SCHEDULED, ExamState.ARRIVED, ExamState.READY):
        return gettext_noop("The scanner began")
    label = ExamState(order.status).label
    return f"The scanner began although the exam's state was {label}."


def _ended_in_browser(order: Order, performed: PerformedStep) -> bool:
    if order.status != ExamState.PERFORMED or order.ended_at is None:
        return False
    others = order.performed_steps.exclude(pk=performed.pk)
    return (
        others.filter(from_modality=False).exists()
        and not others.filter(from_modality=True).exists()
        and performed.started_at <= order.ended_at
    )


def _tell_attached(order: Order, cause: Cause) -> None:
    note(
        order_id=order.pk,
        kind=OrderEvent.Kind.STATE,
        title=gettext_noop("The scanner reports this exam too"),
        cause=cause,
    )


def _sound_mismatch(order: Order, why: str, cause: Cause) -> None:
    alarm(
        order_id=order.pk,
        title=gettext_noop("The scanner works on another patient or exam"),
        detail=f"{why} Not linked: stop, compare the wristband, tell the reader.",
        cause=cause,
    )


@transaction.atomic
def set_performed_step(
    *, uid: str, change: Dataset, request: Request
) -> Problem | None:
    """Apply an N-SET and what it means for the exams; a returned Problem is a warning.

    Raises StepRefused: unknown, final already, or invalid (section 7).
    """
    performed = PerformedStep.objects.select_for_update().filter(sop_instance_uid=uid)
    step = performed.first()
    if step is None:
        raise StepRefused(mpps.UNKNOWN)
    review = mpps.validate_set(change, step.status, has_series=step.series_count > 0)
    if review.problem and not review.problem.is_warning:
        raise StepRefused(review.problem)
    status = review.problem.status if review.problem else 0
    exchange = keep(request, status=status)
    data = _merged(step, request.dataset, review.ignored)
    keep_step_dose(step, data)
    cause = _cause_of(step, data, exchange)
    for order in linked_orders(step):
        refresh_study(order, data)
        apply_outcome(order, step, data, cause, no_series=review.no_series)
    if step.order:
        pass_on(
            kind=DicomDelivery.Kind.SET,
            uid=uid,
            dataset=request.dataset,
            order=step.order,
            cause=cause,
        )
    return review.problem


def _merged(
    step: PerformedStep, change: dict[str, Any], ignored: tuple[str, ...]
) -> PerformedStepData:
    """Whole sequences are replaced, so are attributes of the DICOM JSON."""
    whole = mpps.merge(
        Dataset.from_json(step.dataset), Dataset.from_json(change), ignored=ignored
    )
    data = read_mpps(whole, step.sop_instance_uid)
    reason = data.discontinuation_reason
    step.dataset = whole.to_json_dict(suppress_invalid_tags=True)
    step.status = data.status
    step.series_count = len(data.series)
    step.instance_count = data.instance_count
    step.discontinuation_code = reason.value[:16] if reason else ""
    if data.status in mpps.FINAL_STATUSES:
        step.ended_at = moment(data.ended)
    step.save()
    return data


def _cause_of(
    step: PerformedStep, data: PerformedStepData, exchange: DicomExchange
) -> Cause:
    return Cause(
        actor=data.station_ae or exchange.calling_ae,
        exchange_id=exchange.pk,
        at=step.ended_at or exchange.at,
    )
