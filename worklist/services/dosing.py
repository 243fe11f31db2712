"""Radiation dose as performed steps and dose reports tell it, kept with the exam."""

from __future__ import annotations

from dataclasses import asdict
from io import BytesIO
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from pydicom import dcmread

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.models import Order, OrderEvent
from orders.services import note
from radflow import unit
from radflow.audit import services as audit
from radflow.dicom import dose_report, statuses
from radflow.dicom.dose import Dose
from radflow.dicom.dose_report import DoseReport
from radflow.dicom.exchange import StoredObject
from radflow.dicom.mpps import Problem
from radflow.dicom.performed_step import PerformedStepData
from radflow.live import services as live
from worklist.exceptions import StepRefused
from worklist.models import DoseRecord, PerformedStep
from worklist.reasons import WRONG_ENTRY
from worklist.selectors.doses import strange_doses
from worklist.selectors.performed import linked_orders
from worklist.services.exchanges import Request, keep, storable
from worklist.services.linking import exam_of_study
from worklist.services.moments import moment

Source = DoseRecord.Source
_OTHER_CONTENT = Problem(
    statuses.DUPLICATE_INSTANCE, "Another report has this SOP Instance UID"
)
_NOT_THAT_INSTANCE = Problem(
    statuses.NOT_OF_ITS_CLASS, "SOP Instance UID differs from the request"
)


@unit.atomic
def keep_step_dose(step: PerformedStep, data: PerformedStepData) -> None:
    """As last told; the dose of a wrong entry belongs to nobody's exam here."""
    if data.dose is None:
        return
    record, _ = DoseRecord.objects.update_or_create(
        performed=step,
        defaults={
            "source": Source.STEP,
            "sop_instance_uid": step.sop_instance_uid,
            "device": data.station_ae[:130],
            "at": step.ended_at or step.started_at,
            **_values(data.dose),
        },
    )
    is_other = step.discontinuation_code == WRONG_ENTRY
    record.orders.set([] if is_other else linked_orders(step))


def _values(dose: Dose) -> dict[str, Any]:
    values: dict[str, Any] = storable(
        {
            **asdict(dose),
            "exposures": min(dose.exposures, _MOST) if dose.exposures else None,
            "comment": dose.comment[:500],
            "events": [asdict(one) for one in dose.events[:_EVENTS]],
            "unread": [one[:80] for one in dose.unread[:20]],
        }
    )
    return values


_MOST, _EVENTS = 2**31 - 1, 1000


@unit.atomic
def take_dose_report(*, stored: StoredObject, request: Request) -> None:
    """Keep a report as it came and read; raises StepRefused for what is none.

    One that names another patient than the exam's, or no exam, waits for a person.
    The same report again changes nothing.
    """
    problem = dose_report.validate(stored.dataset)
    told = dose_report.read_report(stored.dataset)
    if problem is None and told.sop_instance_uid != stored.sop_instance_uid:
        problem = _NOT_THAT_INSTANCE
    if problem:
        raise StepRefused(problem)
    known = DoseRecord.objects.filter(sop_instance_uid=told.sop_instance_uid).first()
    if known and not _is_same(known, stored):
        raise StepRefused(_OTHER_CONTENT)
    exchange = keep(request, status=0)
    if known is None:
        cause = Cause(
            actor=request.calling_ae, exchange_id=exchange.pk, at=timezone.now()
        )
        _link(_kept(told, stored), cause)


def _is_same(known: DoseRecord, stored: StoredObject) -> bool:
    """Whatever the transfer syntax."""
    if known.report is None:
        return False
    return bool(dcmread(BytesIO(bytes(known.report))) == stored.dataset)


def _kept(told: DoseReport, stored: StoredObject) -> DoseRecord:
    return DoseRecord.objects.create(
        source=Source.REPORT,
        sop_instance_uid=told.sop_instance_uid[:64],
        study_instance_uid=told.study_instance_uid[:64],
        series_instance_uid=told.series_instance_uid[:64],
        device=storable(told.device)[:130],
        at=moment(told.made) if told.made else None,
        report=stored.content,
        told=storable(
            {
                "accession": told.accession_number[:64],
                "patient_id": told.patient_id[:64],
                "patient_name": told.patient_name[:200],
                "birth_date": told.birth_date[:8],
            }
        ),
        **_values(told.dose),
    )


def _link(record: DoseRecord, cause: Cause) -> bool:
    """To the exam that it names, if that is the same patient's."""
    order, mismatch = exam_of_study(
        uid=record.study_instance_uid,
        accession=record.told["accession"],
        patient_id=record.told["patient_id"],
        patient_name=record.told["patient_name"],
        birth_date=record.told["birth_date"],
    )
    if order is None:
        record.mismatch = mismatch[:300]
        record.save(update_fields=["mismatch"])
        live.publish("reconciliation", record.pk)
        return False
    _give(record, order)
    note(
        order_id=order.pk,
        kind=OrderEvent.Kind.NOTE,
        title=gettext_noop("Dose report received"),
        detail=record.device,
        cause=cause,
    )
    return True


def _give(record: DoseRecord, order: Order) -> None:
    record.orders.set([order])
    record.mismatch, record.told = "", {}
    record.save(update_fields=["mismatch", "told"])


def link_doses_of(study_uid: str, cause: Cause) -> None:
    """A person said whose study it is: its reports are looked at again."""
    for record in strange_doses().filter(study_instance_uid=study_uid):
        _link(record, cause)


@unit.atomic
def link_dose(*, dose_id: int, order_id: int, reason: str, cause: Cause) -> None:
    """A person says whose dose it is; raises DoseLinked."""
    order = Order.objects.select_for_update().get(pk=order_id)
    record = DoseRecord.objects.select_for_update().defer("report").get(pk=dose_id)
    if record.orders.exists():
        raise DoseLinked(gettext("This dose report belongs to an order by now."))
    _give(record, order)
    note(
        order_id=order.pk,
        kind=OrderEvent.Kind.CHECK,
        title=gettext_noop("Dose report linked by hand"),
        detail=reason[:500],
        cause=cause,
    )
    audit.record(
        "dose_linked",
        actor=cause.user,
        order_id=order.pk,
        patient_id=order.patient_id,
        detail={"dose": record.pk, "reason": reason},
    )


class DoseLinked(OrderError):
    """Somebody linked it meanwhile."""

    code = "LINKED_ALREADY"
