"""A radiation dose structured report read into plain values (PS3.16 TID 10001, 10011).

Values are taken by the concept that names them, wherever the report has them in the
containers of those templates; a unit that is not known is told, and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydicom.dataset import Dataset

from radflow.dicom import statuses
from radflow.dicom.dose import Dose, Exposure, number
from radflow.dicom.mpps import Problem
from radflow.dicom.performed_step import moment_of
from radflow.dicom.reading import items, text

X_RAY_DOSE: Final = "1.2.840.10008.5.1.4.1.1.88.67"
ENHANCED: Final = "1.2.840.10008.5.1.4.1.1.88.22"
# Older scanners store the same report as an enhanced one.
SOP_CLASSES: Final = (X_RAY_DOSE, ENHANCED)

_REPORT = "113701"
_CT_TOTALS, _CT_ACQUISITION, _CT_DOSE = "113811", "113819", "113829"
_DLP_TOTAL, _DLP, _CTDI_VOL = "113813", "113838", "113830"
_EVENTS_TOTAL = "113812"
_X_RAY_TOTALS, _X_RAY_EVENT = "113702", "113706"
_AREA_TOTAL, _AREA = "113722", "122130"
_REFERENCE_TOTAL, _REFERENCE = "113725", "113738"
_FLUORO_TIME = "113730"
_PROTOCOL, _REGION = "125203", "123014"
_CT_KIND, _X_RAY_KIND = "113820", "113721"
_COMMENT = "121106"

_AREA_UNITS = {
    "Gy.m2": 1e5,
    "mGy.m2": 1e2,
    "uGy.m2": 0.1,
    "Gy.cm2": 10.0,
    "dGy.cm2": 1.0,
    "cGy.cm2": 0.1,
    "mGy.cm2": 0.01,
    "uGy.cm2": 1e-5,
}
_DOSE_UNITS = {"Gy": 1e3, "dGy": 1e2, "cGy": 10.0, "mGy": 1.0, "uGy": 1e-3}
_LENGTH_UNITS = {"mGy.cm": 1.0, "mGycm": 1.0, "Gy.cm": 1e3, "mGy.m": 100.0}
_TIME_UNITS = {"s": 1.0, "ms": 1e-3, "min": 60.0}
_COUNT_UNITS = {"1": 1.0, "{events}": 1.0, "events": 1.0}


@dataclass(frozen=True, slots=True)
class DoseReport:
    """Whose and of what study, as the report says; times are naive, of the device."""

    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    accession_number: str
    patient_name: str
    patient_id: str
    issuer_of_patient_id: str
    birth_date: str
    sex: str
    device: str
    made: datetime | None
    dose: Dose


def validate(report: Dataset) -> Problem | None:
    """Why this is no dose report that could be kept."""
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "ContentSequence"):
        if not report.get(keyword):
            return Problem(statuses.NOT_OF_ITS_CLASS, f"{keyword} is required")
    if _concept(report) != _REPORT:
        return Problem(statuses.NOT_OF_ITS_CLASS, "Only X-Ray Radiation Dose Reports")
    return None


def read_report(report: Dataset) -> DoseReport:
    maker = (text(report, "Manufacturer"), text(report, "ManufacturerModelName"))
    return DoseReport(
        sop_instance_uid=text(report, "SOPInstanceUID"),
        study_instance_uid=text(report, "StudyInstanceUID"),
        series_instance_uid=text(report, "SeriesInstanceUID"),
        accession_number=text(report, "AccessionNumber"),
        patient_name=text(report, "PatientName").rstrip("^="),
        patient_id=text(report, "PatientID"),
        issuer_of_patient_id=text(report, "IssuerOfPatientID"),
        birth_date=text(report, "PatientBirthDate"),
        sex=text(report, "PatientSex"),
        device=text(report, "StationName") or " ".join(filter(None, maker)),
        made=moment_of(report, "Content"),
        dose=_read(report),
    )


def _read(report: Dataset) -> Dose:
    unread: list[str] = []
    totals = _Values(_within(report, _CT_TOTALS, _X_RAY_TOTALS), unread)
    events = tuple(_event(one, unread) for one in _containers(report))
    count = totals.sum(_EVENTS_TOTAL, _COUNT_UNITS)
    return Dose(
        dose_length_product=totals.sum(_DLP_TOTAL, _LENGTH_UNITS),
        area_dose_product=totals.sum(_AREA_TOTAL, _AREA_UNITS),
        reference_dose=totals.sum(_REFERENCE_TOTAL, _DOSE_UNITS),
        fluoroscopy_seconds=totals.sum(_FLUORO_TIME, _TIME_UNITS),
        exposures=(len(events) or None) if count is None else int(count),
        comment=_text_of(items(report, "ContentSequence"), _COMMENT),
        events=events,
        unread=tuple(dict.fromkeys(unread)),
    )


def _containers(report: Dataset) -> Iterator[Dataset]:
    for one in items(report, "ContentSequence"):
        if _concept(one) in (_CT_ACQUISITION, _X_RAY_EVENT):
            yield one


def _event(container: Dataset, unread: list[str]) -> Exposure:
    """The dose of a CT acquisition is in a container of its own."""
    own = items(container, "ContentSequence")
    values = _Values([*own, *_within(container, _CT_DOSE)], unread)
    kind = _text_of(own, _CT_KIND) or _text_of(own, _X_RAY_KIND)
    return Exposure(
        label=_text_of(own, _PROTOCOL) or kind,
        region=_text_of(own, _REGION),
        technique=kind,
        ctdi_vol=values.sum(_CTDI_VOL, _DOSE_UNITS),
        dose_length_product=values.sum(_DLP, _LENGTH_UNITS),
        area_dose_product=values.sum(_AREA, _AREA_UNITS),
        reference_dose=values.sum(_REFERENCE, _DOSE_UNITS),
        comment=_text_of(own, _COMMENT),
    )


def _within(parent: Dataset, *concepts: str) -> list[Dataset]:
    return [
        inner
        for one in items(parent, "ContentSequence")
        if _concept(one) in concepts
        for inner in items(one, "ContentSequence")
    ]


class _Values:
    """The numbers among content items."""

    def __init__(self, among: Iterable[Dataset], unread: list[str]) -> None:
        self._among = list(among)
        self._unread = unread

    def sum(self, concept: str, units: Mapping[str, float]) -> float | None:
        """Of both planes where there are two; None where no item has it."""
        found = [
            self._value(item, units)
            for item in self._among
            if _concept(item) == concept and text(item, "ValueType") == "NUM"
        ]
        if not found or None in found:
            return None
        return float(f"{sum(filter(None, found)):.6g}")

    def _value(self, item: Dataset, units: Mapping[str, float]) -> float | None:
        for measured in items(item, "MeasuredValueSequence"):
            value = number(text(measured, "NumericValue"))
            unit = next(
                (
                    text(one, "CodeValue")
                    for one in items(measured, "MeasurementUnitsCodeSequence")
                ),
                "",
            )
            if value is not None and unit in units:
                return value * units[unit]
            self._unread.append(f"{_name(item)} ({unit[:16] or '?'})")
        return None


def _concept(item: Dataset) -> str:
    """Its code of the DICOM scheme."""
    for code in items(item, "ConceptNameCodeSequence"):
        if text(code, "CodingSchemeDesignator") == "DCM":
            return text(code, "CodeValue")
    return ""


def _name(item: Dataset) -> str:
    named = (text(c, "CodeMeaning") for c in items(item, "ConceptNameCodeSequence"))
    return next(named, "")[:60]


def _text_of(among: Iterable[Dataset], concept: str) -> str:
    for item in among:
        if _concept(item) == concept:
            coded = items(item, "ConceptCodeSequence")
            told = (text(one, "CodeMeaning") for one in coded)
            return text(item, "TextValue") or next(told, "")
    return ""
