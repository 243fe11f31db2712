"""The worklist attributes of PS3.4 table K.6-1 and where their values come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from radflow.dicom.worklist_item import Code, IssuedId, Issuer, WorklistItem

# One text, several texts (VM n), a number, or nested items as (keyword, value) pairs.
Nested: TypeAlias = "list[tuple[str, Value]]"
Value: TypeAlias = "str | tuple[str, ...] | int | list[Nested] | None"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute; `required` means it is answered even when not asked for."""

    tag: int
    keyword: str
    vr: str
    source: Callable[[WorklistItem], Value]
    required: bool = False


# Never cut to fit: a shortened one names something else.
IDENTIFIERS: Final = frozenset(
    {
        "AccessionNumber",
        "AdmissionID",
        "CodeValue",
        "CodingSchemeDesignator",
        "FillerOrderNumberImagingServiceRequest",
        "IssuerOfPatientID",
        "LocalNamespaceEntityID",
        "Modality",
        "PatientID",
        "PlacerOrderNumberImagingServiceRequest",
        "RequestedProcedureID",
        "ScheduledProcedureStepID",
        "ScheduledStationAETitle",
        "StudyInstanceUID",
        "UniversalEntityID",
        "UniversalEntityIDType",
    }
)


def attribute(
    keyword: str,
    source: Callable[[WorklistItem], Value],
    *,
    required: bool = False,
) -> Attribute:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise ValueError(keyword)
    return Attribute(tag, keyword, dictionary_VR(tag), source, required)


def keyword_of(tag: int) -> str:
    """The keyword, or ``(gggg,eeee)`` for a tag the dictionary does not know."""
    return keyword_for_tag(tag) or f"({tag >> 16:04x},{tag & 0xFFFF:04x})"


def _code(code: Code | None) -> list[Nested]:
    if code is None:
        return []
    # PS3.3 8.1: a value over 16 characters goes to Long Code Value.
    value = "CodeValue" if len(code.value) <= 16 else "LongCodeValue"
    scheme: list[tuple[str, Value]] = [("CodingSchemeDesignator", code.scheme)]
    meaning: list[tuple[str, Value]] = [("CodeMeaning", code.meaning)]
    if value == "CodeValue":
        return [[(value, code.value), *scheme, *meaning]]
    return [[*scheme, *meaning, (value, code.value)]]


def _codes(codes: tuple[Code, ...]) -> list[Nested]:
    return [item for code in codes for item in _code(code)]


def _issuer(issuer: Issuer) -> list[Nested]:
    if not issuer:
        return []
    item: Nested = []
    if issuer.namespace:
        item.append(("LocalNamespaceEntityID", issuer.namespace))
    item += _universal(issuer)
    return [item]


def _universal(issuer: Issuer) -> Nested:
    if not issuer.universal_id:
        return []
    return [
        ("UniversalEntityID", issuer.universal_id),
        ("UniversalEntityIDType", issuer.universal_id_type),
    ]


def _qualifiers(issuer: Issuer) -> list[Nested]:
    universal = _universal(issuer)
    return [universal] if universal else []


def _other_ids(ids: tuple[IssuedId, ...]) -> list[Nested]:
    return [_other_id(other) for other in ids]


def _other_id(other: IssuedId) -> Nested:
    item: Nested = [("PatientID", other.value)]
    if other.issuer.namespace:
        item.append(("IssuerOfPatientID", other.issuer.namespace))
    # TypeOfPatientID TEXT: the HL7 identifier type (MR, SS) is another vocabulary.
    item.append(("TypeOfPatientID", "TEXT"))
    qualifiers = _qualifiers(other.issuer)
    if qualifiers:
        item.append(("IssuerOfPatientIDQualifiersSequence", qualifiers))
    return item


def _number(number: float | None) -> Value:
    return None if number is None else f"{number:.6g}"


def _described(text: str, *codes: Code | None) -> str:
    return text or next((code.meaning for code in codes if code), "")


STEP: Final = (
    attribute("Modality", lambda i: i.modality, required=True),
    attribute("RequestedContrastAgent", lambda i: i.contrast_agent),
    attribute("ScheduledStationAETitle", lambda i: i.station_ae, required=True),
    attribute("ScheduledProcedureStepStartDate", lambda i: i.start_date, required=True),
    attribute("ScheduledProcedureStepStartTime", lambda i: i.start_time, required=True),
    attribute("ScheduledPerformingPhysicianName", lambda i: i.performing_physician),
    attribute(
        "ScheduledProcedureStepDescription",
        lambda i: _described(i.step_description, *i.protocol_codes),
    ),
    attribute("ScheduledProtocolCodeSequence", lambda i: _codes(i.protocol_codes)),
    attribute("ScheduledProcedureStepID", lambda i: i.step_id, required=True),
    attribute("ScheduledStationName", lambda i: i.station_name),
    attribute("ScheduledProcedureStepLocation", lambda i: i.step_location),
    attribute("PreMedication", lambda i: i.premedication),
    attribute("ScheduledProcedureStepStatus", lambda i: i.step_status),
    attribute("CommentsOnTheScheduledProcedureStep", lambda i: i.step_comments),
)

TOP: Final = (
    attribute("TimezoneOffsetFromUTC", lambda i: i.timezone_offset),
    attribute("AccessionNumber", lambda i: i.accession.value),
    attribute("IssuerOfAccessionNumberSequence", lambda i: _issuer(i.accession.issuer)),
    attribute("InstitutionName", lambda i: i.institution),
    attribute("InstitutionCodeSequence", lambda i: _code(i.institution_code)),
    attribute("ReferringPhysicianName", lambda i: i.referring_physician),
    attribute("ReferencedStudySequence", lambda i: []),
    attribute("ReferencedPatientSequence", lambda i: []),
    attribute("PatientName", lambda i: i.patient_name, required=True),
    attribute("PatientID", lambda i: i.patient_id.value, required=True),
    attribute("IssuerOfPatientID", lambda i: i.patient_id.issuer.namespace),
    attribute(
        "IssuerOfPatientIDQualifiersSequence",
        lambda i: _qualifiers(i.patient_id.issuer),
    ),
    attribute("PatientBirthDate", lambda i: i.birth_date),
    attribute("PatientSex", lambda i: i.sex),
    attribute("OtherPatientIDsSequence", lambda i: _other_ids(i.other_patient_ids)),
    attribute("PatientSize", lambda i: _number(i.size_m)),
    attribute("PatientWeight", lambda i: _number(i.weight_kg)),
    attribute("MedicalAlerts", lambda i: i.medical_alerts),
    attribute("Allergies", lambda i: i.allergies),
    attribute("PregnancyStatus", lambda i: i.pregnancy_status),
    attribute("StudyInstanceUID", lambda i: i.study_instance_uid, required=True),
    attribute("RequestingPhysician", lambda i: i.requesting_physician),
    attribute(
        "RequestedProcedureDescription",
        lambda i: _described(
            i.requested_procedure_description, i.requested_procedure_code
        ),
    ),
    attribute(
        "RequestedProcedureCodeSequence", lambda i: _code(i.requested_procedure_code)
    ),
    attribute("AdmissionID", lambda i: i.admission_id.value),
    attribute("IssuerOfAdmissionIDSequence", lambda i: _issuer(i.admission_id.issuer)),
    attribute("SpecialNeeds", lambda i: i.special_needs),
    attribute("CurrentPatientLocation", lambda i: i.current_location),
    attribute("PatientState", lambda i: i.patient_state),
    attribute(
        "OrderPlacerIdentifierSequence", lambda i: _issuer(i.placer_order.issuer)
    ),
    attribute(
        "OrderFillerIdentifierSequence", lambda i: _issuer(i.filler_order.issuer)
    ),
    attribute(
        "RequestedProcedureID", lambda i: i.requested_procedure_id, required=True
    ),
    attribute("ReasonForTheRequestedProcedure", lambda i: i.reason),
    attribute("RequestedProcedurePriority", lambda i: i.priority),
    attribute("PatientTransportArrangements", lambda i: i.transport),
    attribute(
        "ReasonForRequestedProcedureCodeSequence", lambda i: _code(i.reason_code)
    ),
    attribute("RequestedProcedureComments", lambda i: i.comments),
    attribute("PlacerOrderNumberImagingServiceRequest", lambda i: i.placer_order.value),
    attribute("FillerOrderNumberImagingServiceRequest", lambda i: i.filler_order.value),
    attribute(
        "ConfidentialityConstraintOnPatientDataDescription",
        lambda i: i.confidentiality,
    ),
)
