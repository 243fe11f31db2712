"""Dose reports as scanners write them (PS3.16 TID 10011 and 10001), synthetic."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from radflow.dicom.dose_report import X_RAY_DOSE
from tests.dicom.builders import dataset


def code(value: str, meaning: str, scheme: str = "DCM") -> Dataset:
    return dataset(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def num(value: str, meaning: str, number: float | str, unit: str) -> Dataset:
    measured = dataset(
        NumericValue=number, MeasurementUnitsCodeSequence=[code(unit, unit, "UCUM")]
    )
    return _item("NUM", value, meaning, MeasuredValueSequence=[measured])


def words(value: str, meaning: str, told: str) -> Dataset:
    return _item("TEXT", value, meaning, TextValue=told)


def coded(value: str, meaning: str, told: str) -> Dataset:
    return _item("CODE", value, meaning, ConceptCodeSequence=[code("1", told, "SCT")])


def container(value: str, meaning: str, *content: Dataset) -> Dataset:
    return _item("CONTAINER", value, meaning, ContentSequence=list(content))


def _item(kind: str, value: str, meaning: str, **more: Any) -> Dataset:
    return dataset(
        RelationshipType="CONTAINS",
        ValueType=kind,
        ConceptNameCodeSequence=[code(value, meaning)],
        **more,
    )


def ct_acquisition(protocol: str, region: str, ctdi: float, dlp: float) -> Dataset:
    return container(
        "113819",
        "CT Acquisition",
        words("125203", "Acquisition Protocol", protocol),
        coded("123014", "Target Region", region),
        coded("113820", "CT Acquisition Type", "Spiral Acquisition"),
        container(
            "113829",
            "CT Dose",
            num("113830", "Mean CTDIvol", ctdi, "mGy"),
            num("113838", "DLP", dlp, "mGy.cm"),
        ),
    )


def ct_content() -> list[Dataset]:
    return [
        container(
            "113811",
            "CT Accumulated Dose Data",
            num("113812", "Total Number of Irradiation Events", 2, "{events}"),
            num("113813", "CT Dose Length Product Total", "412.5", "mGy.cm"),
        ),
        ct_acquisition("Topogram", "Chest", 0.13, 6.5),
        ct_acquisition("Thorax routine", "Chest", 11.2, 406.0),
    ]


def plane(area: float, seconds: float, unit: str = "Gy.m2") -> Dataset:
    """The totals of one plane of an angiography."""
    return container(
        "113702",
        "Accumulated X-Ray Dose Data",
        num("113722", "Dose Area Product Total", area, unit),
        num("113725", "Dose (RP) Total", 0.25, "Gy"),
        num("113730", "Total Fluoro Time", seconds, "s"),
    )


def x_ray_content(unit: str = "Gy.m2") -> list[Dataset]:
    return [
        plane(0.0012, 90, unit),
        plane(0.0008, 30),
        container(
            "113706",
            "Irradiation Event X-Ray Data",
            coded("113721", "Irradiation Event Type", "Fluoroscopy"),
            num("122130", "Dose Area Product", 0.0004, "Gy.m2"),
            num("113738", "Dose (RP)", 0.05, "Gy"),
        ),
    ]


def report(content: list[Dataset] | None = None, **changes: Any) -> Dataset:
    values = {
        "SOPClassUID": X_RAY_DOSE,
        "SOPInstanceUID": generate_uid(),
        "StudyInstanceUID": "1.2.826.0.1.42",
        "SeriesInstanceUID": generate_uid(),
        "Modality": "SR",
        "StationName": "CT ONE",
        "PatientName": "Okafor^Ada",
        "PatientID": "700123",
        "PatientBirthDate": "19800514",
        "AccessionNumber": "",
        "ContentDate": "20260302",
        "ContentTime": "101600",
        "ValueType": "CONTAINER",
        "ConceptNameCodeSequence": [code("113701", "X-Ray Radiation Dose Report")],
        "ContentSequence": ct_content() if content is None else content,
    }
    made = dataset(**{**values, **changes})
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made
