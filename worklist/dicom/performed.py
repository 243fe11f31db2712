"""Steps, notices, dose and commitments: from the wire to the services and back."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connections
from pydicom.dataset import Dataset

from radflow.dicom import mpps, statuses
from radflow.dicom.exchange import AssociationInfo, StoredObject
from radflow.dicom.mpps import Problem
from worklist.dicom.requests import request_of
from worklist.exceptions import StepRefused
from worklist.models import DicomExchange, PerformedStep
from worklist.services.committing import take_commitment
from worklist.services.dosing import take_dose_report
from worklist.services.exchanges import Request, keep
from worklist.services.images import take_notice
from worklist.services.performing import create_performed_step, set_performed_step

Kind = DicomExchange.Kind


def create(uid: str, step: Dataset, info: AssociationInfo) -> Problem | None:
    request = request_of(Kind.CREATE, step, info)
    return _answered(
        request, lambda: create_performed_step(uid=uid, step=step, request=request)
    )


def change(uid: str, values: Dataset, info: AssociationInfo) -> Problem | None:
    request = request_of(Kind.SET, values, info)
    return _answered(
        request, lambda: set_performed_step(uid=uid, change=values, request=request)
    )


def available(uid: str, notice: Dataset, info: AssociationInfo) -> Problem | None:
    request = request_of(Kind.AVAILABLE, notice, info)
    return _answered(
        request, lambda: take_notice(uid=uid, notice=notice, request=request)
    )


def dose_report(stored: StoredObject, info: AssociationInfo) -> Problem | None:
    """The request kept has who and what; the report itself is kept once, as it came."""
    head = Dataset()
    head.update({e.tag: e for e in stored.dataset if e.keyword != "ContentSequence"})
    request = request_of(Kind.STORE, head, info)
    return _answered(request, lambda: take_dose_report(stored=stored, request=request))


def commitment(
    event_type: int, result: Dataset, info: AssociationInfo
) -> Problem | None:
    request = request_of(Kind.COMMITMENT, result, info)
    return _answered(
        request,
        lambda: take_commitment(event_type=event_type, result=result, request=request),
    )


def get(uid: str, info: AssociationInfo) -> Dataset | Problem:
    try:
        step = PerformedStep.objects.filter(sop_instance_uid=uid).first()
        return Dataset.from_json(step.dataset) if step else mpps.UNKNOWN
    finally:
        connections.close_all()


def _answered(
    request: Request, carry_out: Callable[[], Problem | None]
) -> Problem | None:
    """Success only after the commit; a refused or failed request is kept as well."""
    try:
        return carry_out()
    except StepRefused as refused:
        problem = refused.problem
        keep(request, status=problem.status, comment=problem.comment)
        return problem
    except Exception as error:
        keep(
            request,
            status=statuses.PROCESSING_FAILURE,
            comment=type(error).__name__,
        )
        raise
    finally:
        connections.close_all()
