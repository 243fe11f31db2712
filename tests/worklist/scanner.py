"""A scanner's side of performed steps, for the exams of these tests."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from orders.models import Order
from tests.dicom import builders
from tests.dicom.builders import dataset, reference, series
from tests.worklist.department import Department

PPS = "1.2.826.0.1.77.1"


def reference_to(order: Order, **changes: Any) -> Dataset:
    step = order.steps.first()
    values = {
        "StudyInstanceUID": order.study_instance_uid,
        "AccessionNumber": order.accession_number,
        "RequestedProcedureID": order.requested_procedure_id,
        "ScheduledProcedureStepID": step.step_id if step else "",
    }
    return reference(**{**values, **changes})


def performed(order: Order, **changes: Any) -> Dataset:
    values = {
        "ScheduledStepAttributesSequence": [reference_to(order)],
        "PatientName": "Okafor^Ada^Grace^Ms",
        "PatientID": "700123",
        "PatientBirthDate": "19800514",
        "PerformedStationAETitle": "CT1_AE",
        "PerformedProcedureStepStartDate": "20260302",
        "PerformedProcedureStepStartTime": "100400",
    }
    return builders.performed(**{**values, **changes})


def ended(status: str = "COMPLETED", images: int = 2, **more: Any) -> Dataset:
    return dataset(
        PerformedProcedureStepStatus=status,
        PerformedProcedureStepEndDate="20260302",
        PerformedProcedureStepEndTime="101500",
        PerformedSeriesSequence=[series(images)] if images else [],
        **more,
    )


def stopped(code: str, images: int = 0) -> Dataset:
    reason = dataset(CodeValue=code, CodingSchemeDesignator="DCM", CodeMeaning="why")
    key = "PerformedProcedureStepDiscontinuationReasonCodeSequence"
    return ended("DISCONTINUED", images, **{key: [reason]})


def create(department: Department, step: Dataset, uid: str = PPS) -> int:
    return department.scanner().mpps_create(uid, step).status


def change(department: Department, values: Dataset, uid: str = PPS) -> int:
    return department.scanner().mpps_set(uid, values).status


def status_of(order: Order) -> str:
    order.refresh_from_db()
    return order.status
