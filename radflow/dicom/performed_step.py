"""A performed procedure step read into plain values (PS3.3 C.4.13 to C.4.17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydicom.dataset import Dataset

from radflow.dicom.dose import Dose, read_step_dose
from radflow.dicom.reading import items, text, texts
from radflow.dicom.worklist_item import Code

_REFERENCES = "ScheduledStepAttributesSequence"


@dataclass(frozen=True, slots=True)
class ScheduledReference:
    """One item of (0040,0270): the scheduled step the scanner says it performs."""

    study_instance_uid: str
    accession_number: str
    accession_issuer: str
    requested_procedure_id: str
    requested_procedure_description: str
    step_id: str
    step_description: str
    placer_order_number: str
    filler_order_number: str


@dataclass(frozen=True, slots=True)
class PerformedSeries:
    """One item of (0040,0340)."""

    series_instance_uid: str
    description: str
    protocol: str
    instance_count: int
    retrieve_ae: str
    performing_physician: str
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PerformedStepData:
    """The step as the scanner tells it; times are naive, in the station's zone."""

    sop_instance_uid: str
    status: str
    step_id: str
    station_ae: str
    station_name: str
    location: str
    modality: str
    study_id: str
    description: str
    started: datetime | None
    ended: datetime | None
    patient_name: str
    patient_id: str
    issuer_of_patient_id: str
    birth_date: str
    sex: str
    references: tuple[ScheduledReference, ...]
    series: tuple[PerformedSeries, ...]
    procedure_codes: tuple[Code, ...]
    protocol_codes: tuple[Code, ...]
    discontinuation_reason: Code | None
    dose: Dose | None

    @property
    def instance_count(self) -> int:
        return sum(series.instance_count for series in self.series)


def read_mpps(step: Dataset, sop_instance_uid: str = "") -> PerformedStepData:
    """Read leniently: an unreadable date or number is None, text is trimmed.

    The SOP Instance UID travels in the DIMSE command, not in the dataset.
    """
    reasons = _codes(step, "PerformedProcedureStepDiscontinuationReasonCodeSequence")
    return PerformedStepData(
        sop_instance_uid=sop_instance_uid or text(step, "SOPInstanceUID"),
        status=text(step, "PerformedProcedureStepStatus"),
        step_id=text(step, "PerformedProcedureStepID"),
        station_ae=text(step, "PerformedStationAETitle"),
        station_name=text(step, "PerformedStationName"),
        location=text(step, "PerformedLocation"),
        modality=text(step, "Modality"),
        study_id=text(step, "StudyID"),
        description=text(step, "PerformedProcedureStepDescription"),
        started=moment_of(step, "PerformedProcedureStepStart"),
        ended=moment_of(step, "PerformedProcedureStepEnd"),
        patient_name=text(step, "PatientName").rstrip("^="),
        patient_id=text(step, "PatientID"),
        issuer_of_patient_id=text(step, "IssuerOfPatientID"),
        birth_date=text(step, "PatientBirthDate"),
        sex=text(step, "PatientSex"),
        references=tuple(map(_reference, items(step, _REFERENCES))),
        series=tuple(map(_series, items(step, "PerformedSeriesSequence"))),
        procedure_codes=_codes(step, "ProcedureCodeSequence"),
        protocol_codes=_codes(step, "PerformedProtocolCodeSequence"),
        discontinuation_reason=reasons[0] if reasons else None,
        dose=read_step_dose(step),
    )


def _reference(item: Dataset) -> ScheduledReference:
    issuers = items(item, "IssuerOfAccessionNumberSequence")
    return ScheduledReference(
        study_instance_uid=text(item, "StudyInstanceUID"),
        accession_number=text(item, "AccessionNumber"),
        accession_issuer=(
            text(issuers[0], "LocalNamespaceEntityID")
            or text(issuers[0], "UniversalEntityID")
            if issuers
            else ""
        ),
        requested_procedure_id=text(item, "RequestedProcedureID"),
        requested_procedure_description=text(item, "RequestedProcedureDescription"),
        step_id=text(item, "ScheduledProcedureStepID"),
        step_description=text(item, "ScheduledProcedureStepDescription"),
        placer_order_number=text(item, "PlacerOrderNumberImagingServiceRequest"),
        filler_order_number=text(item, "FillerOrderNumberImagingServiceRequest"),
    )


def _series(item: Dataset) -> PerformedSeries:
    instances = len(items(item, "ReferencedImageSequence")) + len(
        items(item, "ReferencedNonImageCompositeSOPInstanceSequence")
    )
    return PerformedSeries(
        series_instance_uid=text(item, "SeriesInstanceUID"),
        description=text(item, "SeriesDescription"),
        protocol=text(item, "ProtocolName"),
        instance_count=instances,
        retrieve_ae=text(item, "RetrieveAETitle"),
        performing_physician=text(item, "PerformingPhysicianName"),
        operators=texts(item, "OperatorsName"),
    )


def _codes(dataset: Dataset, keyword: str) -> tuple[Code, ...]:
    return tuple(
        Code(
            text(item, "CodeValue") or text(item, "LongCodeValue"),
            text(item, "CodingSchemeDesignator"),
            text(item, "CodeMeaning"),
        )
        for item in items(dataset, keyword)
    )


def moment_of(dataset: Dataset, prefix: str) -> datetime | None:
    """Of its attributes Date and Time, the prefix before both."""
    day = text(dataset, f"{prefix}Date").replace(".", "")
    time = text(dataset, f"{prefix}Time").replace(":", "").replace(".", "")
    try:
        return datetime.strptime(f"{day}{time:0<12.12}", "%Y%m%d%H%M%S%f")
    except ValueError:
        return None
