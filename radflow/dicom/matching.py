"""A worklist query's matching keys, and whether an item meets them (PS3.4 K.6.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydicom.dataset import Dataset

from radflow.dicom.criteria import (
    ANYTHING,
    AnyOf,
    Range,
    TextCriterion,
    Universal,
    date_criterion,
    is_range,
    matches_text,
    text_criterion,
    time_criterion,
)
from radflow.dicom.datasets import plan_answer
from radflow.dicom.errors import IdentifierMismatch
from radflow.dicom.person_name import matches_name, name_criterion
from radflow.dicom.reading import texts
from radflow.dicom.text import clean
from radflow.dicom.worklist_item import WorklistItem

TOP_KEYS: Final = frozenset(
    {
        "AccessionNumber",
        "AdmissionID",
        "IssuerOfPatientID",
        "PatientID",
        "PatientName",
        "ReferringPhysicianName",
        "RequestedProcedureID",
        "RequestingPhysician",
        "StudyInstanceUID",
    }
)
STEP_KEYS: Final = frozenset(
    {
        "Modality",
        "ScheduledPerformingPhysicianName",
        "ScheduledProcedureStepID",
        "ScheduledProcedureStepStartDate",
        "ScheduledProcedureStepStartTime",
        "ScheduledProcedureStepStatus",
        "ScheduledStationAETitle",
        "ScheduledStationName",
    }
)
_NEVER_MATCHED: Final = frozenset({"SpecificCharacterSet", "TimezoneOffsetFromUTC"})
_FIRST_MOMENT: Final = "000000.000000"
_LAST_MOMENT: Final = "235959.999999"


@dataclass(frozen=True, slots=True)
class StartWindow:
    """When the step must start, in the station's local time; ends included.

    A range of dates with a range of times is one interval from the first moment to the
    last (`low`, `high`), not a daily window; anything else with a time keeps
    `time_of_day`.
    """

    low: datetime | None = None
    high: datetime | None = None
    time_of_day: Range | None = None

    def __contains__(self, start: datetime) -> bool:
        if self.low is not None and start < self.low:
            return False
        if self.high is not None and start > self.high:
            return False
        return self.time_of_day is None or _within(
            start.strftime("%H%M%S.%f"), self.time_of_day
        )


@dataclass(frozen=True, slots=True)
class WorklistQuery:
    """The matching keys of one query; names are folded, see person_name."""

    patient_name: TextCriterion = ANYTHING
    patient_id: TextCriterion = ANYTHING
    issuer_of_patient_id: TextCriterion = ANYTHING
    accession: TextCriterion = ANYTHING
    study_instance_uid: TextCriterion = ANYTHING
    requested_procedure_id: TextCriterion = ANYTHING
    admission_id: TextCriterion = ANYTHING
    requesting_physician: TextCriterion = ANYTHING
    referring_physician: TextCriterion = ANYTHING
    step_id: TextCriterion = ANYTHING
    modality: TextCriterion = ANYTHING
    station_ae: TextCriterion = ANYTHING
    station_name: TextCriterion = ANYTHING
    performing_physician: TextCriterion = ANYTHING
    step_status: TextCriterion = ANYTHING
    start: StartWindow | Universal = ANYTHING
    # Keywords asked for, as return or matching key, that are not supported (0xFF01).
    unsupported: tuple[str, ...] = ()


def parse_query(identifier: Dataset) -> WorklistQuery:
    """Raises IdentifierMismatch (0xA900) when a key cannot be understood."""
    step = _step(identifier)
    return WorklistQuery(
        patient_name=_name(identifier, "PatientName"),
        patient_id=_text(identifier, "PatientID"),
        issuer_of_patient_id=_text(identifier, "IssuerOfPatientID"),
        accession=_text(identifier, "AccessionNumber"),
        study_instance_uid=_uids(identifier, "StudyInstanceUID"),
        requested_procedure_id=_text(identifier, "RequestedProcedureID"),
        admission_id=_text(identifier, "AdmissionID"),
        requesting_physician=_name(identifier, "RequestingPhysician"),
        referring_physician=_name(identifier, "ReferringPhysicianName"),
        step_id=_text(step, "ScheduledProcedureStepID"),
        modality=_text(step, "Modality"),
        station_ae=_text(step, "ScheduledStationAETitle"),
        station_name=_text(step, "ScheduledStationName"),
        performing_physician=_name(step, "ScheduledPerformingPhysicianName"),
        step_status=_text(step, "ScheduledProcedureStepStatus"),
        start=_start(step),
        unsupported=_unsupported(identifier, step),
    )


def matches(item: WorklistItem, query: WorklistQuery) -> bool:
    """The full check of one item; an SQL prefilter may only be wider."""
    return (
        _matches_step(item, query)
        and _matches_request(item, query)
        and _matches_people(item, query)
    )


def start_of(item: WorklistItem) -> datetime | None:
    """The step's start in station local time; None without a readable date."""
    try:
        return _moment(item.start_date, (item.start_time or _FIRST_MOMENT))
    except ValueError:
        return None


def _matches_step(item: WorklistItem, query: WorklistQuery) -> bool:
    return (
        matches_text(item.station_ae.strip(), query.station_ae)
        and matches_text(item.modality, query.modality)
        and matches_text(clean(item.station_name, "SH"), query.station_name)
        and matches_text(clean(item.step_id, "SH"), query.step_id)
        and matches_text(item.step_status, query.step_status)
        and _matches_start(item, query.start)
    )


def _matches_request(item: WorklistItem, query: WorklistQuery) -> bool:
    return (
        matches_text(clean(item.accession.value, "SH"), query.accession)
        and matches_text(item.study_instance_uid, query.study_instance_uid)
        and matches_text(
            clean(item.requested_procedure_id, "SH"), query.requested_procedure_id
        )
        and matches_text(clean(item.admission_id.value, "LO"), query.admission_id)
    )


def _matches_people(item: WorklistItem, query: WorklistQuery) -> bool:
    return (
        matches_text(clean(item.patient_id.value, "LO"), query.patient_id)
        and matches_text(
            clean(item.patient_id.issuer.namespace, "LO"), query.issuer_of_patient_id
        )
        and matches_name(item.patient_name, query.patient_name)
        and matches_name(item.performing_physician, query.performing_physician)
        and matches_name(item.requesting_physician, query.requesting_physician)
        and matches_name(item.referring_physician, query.referring_physician)
    )


def _matches_start(item: WorklistItem, window: StartWindow | Universal) -> bool:
    if isinstance(window, Universal):
        return True
    start = start_of(item)
    return start is not None and start in window


def _step(identifier: Dataset) -> Dataset:
    element = identifier.get("ScheduledProcedureStepSequence")
    if element is None:
        return Dataset()
    items = list(element)
    if len(items) > 1:
        raise IdentifierMismatch(
            "ScheduledProcedureStepSequence", "more than one item in a query"
        )
    return items[0] if items else Dataset()


def _text(dataset: Dataset, keyword: str) -> TextCriterion:
    return text_criterion(texts(dataset, keyword))


def _name(dataset: Dataset, keyword: str) -> TextCriterion:
    return name_criterion("".join(texts(dataset, keyword)[:1]))


def _uids(dataset: Dataset, keyword: str) -> TextCriterion:
    criterion = text_criterion(texts(dataset, keyword), wildcards=False)
    if isinstance(criterion, Universal | AnyOf):
        return criterion
    return AnyOf(texts(dataset, keyword))


def _single(dataset: Dataset, keyword: str) -> str:
    values = texts(dataset, keyword)
    if len(values) > 1:
        raise IdentifierMismatch(keyword, "more than one value")
    return values[0] if values else ""


def _start(step: Dataset) -> StartWindow | Universal:
    date_text = _single(step, "ScheduledProcedureStepStartDate")
    time_text = _single(step, "ScheduledProcedureStepStartTime")
    days = date_criterion(date_text, "ScheduledProcedureStepStartDate")
    times = time_criterion(time_text, "ScheduledProcedureStepStartTime")
    if isinstance(days, Universal):
        return times if isinstance(times, Universal) else StartWindow(None, None, times)
    if isinstance(times, Universal):
        return _interval(days, Range("", ""))
    if is_range(date_text) and is_range(time_text):
        return _interval(days, times)
    whole_days = _interval(days, Range("", ""))
    return StartWindow(whole_days.low, whole_days.high, times)


def _interval(days: Range, times: Range) -> StartWindow:
    try:
        return StartWindow(
            _moment(days.low, times.low or _FIRST_MOMENT) if days.low else None,
            _moment(days.high, times.high or _LAST_MOMENT) if days.high else None,
        )
    except ValueError:
        raise IdentifierMismatch(
            "ScheduledProcedureStepStartDate", "no such day"
        ) from None


def _moment(day: str, time: str) -> datetime:
    digits = (time.replace(".", "") + "000000000000")[:12]
    return datetime.strptime(day + digits, "%Y%m%d%H%M%S%f")


def _within(value: str, wanted: Range) -> bool:
    if wanted.low and value < wanted.low:
        return False
    return not wanted.high or value <= wanted.high


def _unsupported(identifier: Dataset, step: Dataset) -> tuple[str, ...]:
    plan = plan_answer(identifier)
    unmatched = [
        keyword
        for dataset, keys in ((identifier, TOP_KEYS), (step, STEP_KEYS))
        for keyword in _with_value(dataset)
        if keyword not in keys
    ]
    return tuple(dict.fromkeys((*plan.unsupported, *unmatched)))


def _with_value(dataset: Dataset) -> list[str]:
    return [
        element.keyword
        for element in dataset
        if element.keyword
        and element.keyword not in _NEVER_MATCHED
        and element.keyword != "QueryRetrieveLevel"
        and not element.is_empty
        and (element.VR != "SQ" or _asks_inside(element.value))
        and element.keyword != "ScheduledProcedureStepSequence"
    ]


def _asks_inside(items: list[Dataset]) -> bool:
    return any(_with_value(item) for item in items)
