"""The order of standards.md section 12.1, as its sender's profile reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from orders.cause import Cause
from orders.models import Order
from orders.requests import (
    Code,
    Identifier,
    OrderRequest,
    ScheduleRequest,
    VisitRequest,
)
from orders.services import place_order
from tests.factories import patient_request

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
UID = "2.25.160133186429841150224478235105312347201"
_HART = {"id": "3002", "family": "Hart", "given": "Maya", "prefix": "Dr"}


def example_12_1() -> Order:
    patient = patient_request(
        identifiers=(
            Identifier("700123", "GENHOSP", "MR"),
            Identifier("9990001112", "NATID", "NI"),
        ),
        middle_name="Grace",
        prefix="Ms",
        allergies=("Iodinated contrast",),
    )
    visit = VisitRequest(
        number="V55021",
        assigning_authority="GENHOSP",
        location="RADWAIT",
        referring="Hart^Maya^^Dr",
    )
    cause = Cause(actor="EHRX")
    return place_order(
        patient=patient, visit=visit, order=_request(), cause=cause
    ).order


def _request() -> OrderRequest:
    return OrderRequest(
        sender_facility="GENHOSP",
        placer_order_number="P100045",
        placer_namespace="EHRX",
        accession_number="ACC26030017",
        accession_issuer="RADFLOW",
        requested_procedure_id="RP26030017",
        study_instance_uid=UID,
        procedure=Code("CTPA", "CT pulmonary angiogram", "99RADFLOW"),
        modality="CT",
        priority="S",
        reason=Code("R07.1", "Chest pain on breathing", "I10"),
        clinical_info="eGFR 78; dyspnoea since 06:00",
        comments="Right arm cannula in situ",
        transport="WALK",
        ordering_provider=_HART,
        entering_organization="General Hospital",
        weight_kg=Decimal("68.5"),
        height_m=Decimal("1.71"),
        schedule=ScheduleRequest(start=TEN),
    )


# What a scanner asks for in full, and must get.
STEP_KEYS: dict[str, Any] = dict.fromkeys(
    """ScheduledStationAETitle ScheduledProcedureStepStartDate
    ScheduledProcedureStepStartTime Modality ScheduledPerformingPhysicianName
    ScheduledProcedureStepDescription ScheduledProtocolCodeSequence
    ScheduledProcedureStepID ScheduledStationName ScheduledProcedureStepLocation
    PreMedication RequestedContrastAgent ScheduledProcedureStepStatus""".split()
)
KEYS: dict[str, Any] = dict.fromkeys(
    """RequestedProcedureID RequestedProcedureDescription
    RequestedProcedureCodeSequence StudyInstanceUID RequestedProcedurePriority
    PatientTransportArrangements ReasonForTheRequestedProcedure
    RequestedProcedureComments AccessionNumber IssuerOfAccessionNumberSequence
    RequestingPhysician ReferringPhysicianName PlacerOrderNumberImagingServiceRequest
    FillerOrderNumberImagingServiceRequest AdmissionID CurrentPatientLocation
    ReferencedStudySequence ReferencedPatientSequence PatientName PatientID
    IssuerOfPatientID OtherPatientIDsSequence PatientBirthDate PatientSex PatientWeight
    PatientSize ConfidentialityConstraintOnPatientDataDescription PatientState
    PregnancyStatus MedicalAlerts Allergies SpecialNeeds""".split()
)
EXPECTED = {
    "PatientName": "Okafor^Ada^Grace^Ms",
    "PatientID": "700123",
    "IssuerOfPatientID": "GENHOSP",
    "PatientBirthDate": "19800514",
    "PatientSex": "F",
    "PatientWeight": "68.5",
    "PatientSize": "1.71",
    "Allergies": "Iodinated contrast",
    "MedicalAlerts": "eGFR 78; dyspnoea since 06:00",
    "AccessionNumber": "ACC26030017",
    "StudyInstanceUID": UID,
    "AdmissionID": "V55021",
    "CurrentPatientLocation": "RADWAIT",
    "RequestedProcedureID": "RP26030017",
    "RequestedProcedureDescription": "CT pulmonary angiogram",
    "RequestedProcedurePriority": "STAT",
    "RequestedProcedureComments": "Right arm cannula in situ",
    "PatientTransportArrangements": "WALK",
    "ReasonForTheRequestedProcedure": "Chest pain on breathing",
    "RequestingPhysician": "Hart^Maya^^Dr",
    "ReferringPhysicianName": "Hart^Maya^^Dr",
    "PlacerOrderNumberImagingServiceRequest": "P100045",
    "FillerOrderNumberImagingServiceRequest": "ACC26030017",
}
EXPECTED_STEP = {
    "ScheduledStationAETitle": "CT1_AE",
    "ScheduledStationName": "CT1",
    "ScheduledProcedureStepStartDate": "20260302",
    "ScheduledProcedureStepStartTime": "100000",
    "Modality": "CT",
    "ScheduledProcedureStepDescription": "CT pulmonary angiogram",
    "ScheduledProcedureStepID": "SPS26030017A",
    "ScheduledProcedureStepStatus": "SCHEDULED",
}
