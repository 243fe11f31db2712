"""One scheduled procedure step, as plain values ready for the wire.

Names are DICOM PN strings, dates ``YYYYMMDD``, times ``HHMMSS`` in the station's own
zone, "" means unknown (standards section 6.1).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept: value, coding scheme designator, meaning."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """An assigning authority: local namespace, universal id and its type."""

    namespace: str = ""
    universal_id: str = ""
    universal_id_type: str = ""

    def __bool__(self) -> bool:
        return bool(self.namespace or self.universal_id)


@dataclass(frozen=True, slots=True)
class IssuedId:
    """An identifier together with who issued it."""

    value: str = ""
    issuer: Issuer = Issuer()


@dataclass(frozen=True, slots=True)
class WorklistItem:
    """Everything a scanner may ask about one scheduled procedure step."""

    # Patient
    patient_name: str
    patient_id: IssuedId
    other_patient_ids: tuple[IssuedId, ...] = ()
    birth_date: str = ""
    sex: str = ""
    weight_kg: float | None = None
    size_m: float | None = None
    allergies: tuple[str, ...] = ()
    medical_alerts: tuple[str, ...] = ()
    pregnancy_status: int | None = None
    special_needs: str = ""
    patient_state: str = ""
    confidentiality: str = ""
    # Visit
    admission_id: IssuedId = IssuedId()
    current_location: str = ""
    institution: str = ""
    institution_code: Code | None = None
    referring_physician: str = ""
    # Imaging service request
    accession: IssuedId = IssuedId()
    requesting_physician: str = ""
    placer_order: IssuedId = IssuedId()
    filler_order: IssuedId = IssuedId()
    # Requested procedure
    study_instance_uid: str = ""
    requested_procedure_id: str = ""
    requested_procedure_description: str = ""
    requested_procedure_code: Code | None = None
    priority: str = ""
    transport: str = ""
    reason: str = ""
    reason_code: Code | None = None
    comments: str = ""
    # Scheduled procedure step
    step_id: str = ""
    station_ae: str = ""
    station_name: str = ""
    start_date: str = ""
    start_time: str = ""
    timezone_offset: str = ""
    modality: str = ""
    performing_physician: str = ""
    step_description: str = ""
    protocol_codes: tuple[Code, ...] = ()
    step_location: str = ""
    premedication: str = ""
    contrast_agent: str = ""
    step_status: str = ""
    step_comments: str = ""


def missing_type1(item: WorklistItem) -> list[str]:
    """Keywords of PS3.4 K.6-1 type 1 (and 1C) values the item lacks.

    Such an item must not be offered: a scanner may crash or invent the value.
    """
    required = {
        "ScheduledStationAETitle": item.station_ae,
        "ScheduledProcedureStepStartDate": item.start_date,
        "ScheduledProcedureStepStartTime": item.start_time,
        "Modality": item.modality,
        "ScheduledProcedureStepID": item.step_id,
        "ScheduledProcedureStepDescription": (
            item.step_description or item.protocol_codes
        ),
        "RequestedProcedureID": item.requested_procedure_id,
        "RequestedProcedureDescription": (
            item.requested_procedure_description or item.requested_procedure_code
        ),
        "StudyInstanceUID": item.study_instance_uid,
        "PatientName": item.patient_name,
        "PatientID": item.patient_id.value,
    }
    return [
        keyword
        for keyword, value in required.items()
        if not value or (isinstance(value, str) and not value.strip(" ^="))
    ]
