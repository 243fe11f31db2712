"""Synthetic items, queries and steps; every test states only what it is about."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from radflow.dicom.worklist_item import Code, IssuedId, Issuer, WorklistItem


def item(**changes: Any) -> WorklistItem:
    values: dict[str, Any] = {
        "patient_name": "Okafor^Ada^Grace^Ms",
        "patient_id": IssuedId("MRN-0017", Issuer("GENHOSP", "1.2.3.4", "ISO")),
        "accession": IssuedId("ACC0042"),
        "study_instance_uid": "1.2.826.0.1.42",
        "requested_procedure_id": "RP42",
        "requested_procedure_code": Code("CTHEAD", "99RF", "CT head"),
        "step_id": "SPS42",
        "step_description": "CT head without contrast",
        "station_ae": "CT1",
        "start_date": "20260705",
        "start_time": "103000",
        "modality": "CT",
        "step_status": "SCHEDULED",
    }
    return WorklistItem(**{**values, **changes})


def dataset(**values: Any) -> Dataset:
    built = Dataset()
    for keyword, value in values.items():
        setattr(built, keyword, value)
    return built


def query(step: dict[str, Any] | None = None, **keys: Any) -> Dataset:
    """A worklist query; `step` are the keys inside (0040,0100)."""
    return dataset(**keys, ScheduledProcedureStepSequence=[dataset(**(step or {}))])


def performed(**changes: Any) -> Dataset:
    """A complete N-CREATE attribute list."""
    values: dict[str, Any] = {
        "ScheduledStepAttributesSequence": [reference()],
        "PatientName": "Okafor^Ada",
        "PatientID": "MRN-0017",
        "PatientBirthDate": "19800102",
        "PatientSex": "F",
        "PerformedProcedureStepID": "PPS1",
        "PerformedStationAETitle": "CT1",
        "PerformedProcedureStepStartDate": "20260705",
        "PerformedProcedureStepStartTime": "104500",
        "PerformedProcedureStepStatus": "IN PROGRESS",
        "Modality": "CT",
        "PerformedSeriesSequence": [],
    }
    return dataset(**{**values, **changes})


def reference(**changes: Any) -> Dataset:
    values = {
        "StudyInstanceUID": "1.2.826.0.1.42",
        "AccessionNumber": "ACC0042",
        "RequestedProcedureID": "RP42",
        "ScheduledProcedureStepID": "SPS42",
    }
    return dataset(**{**values, **changes})


def series(images: int = 2, **changes: Any) -> Dataset:
    image = {
        "ReferencedSOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "ReferencedSOPInstanceUID": "1.2.826.0.1.42.1.1",
    }
    values: dict[str, Any] = {
        "SeriesInstanceUID": "1.2.826.0.1.42.1",
        "SeriesDescription": "Axial 5 mm",
        "ProtocolName": "Head routine",
        "RetrieveAETitle": "PACS",
        "ReferencedImageSequence": [dataset(**image) for _ in range(images)],
    }
    return dataset(**{**values, **changes})
