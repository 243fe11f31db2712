"""Rules of the performed procedure step (PS3.4 annex F.7, standards section 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from radflow.dicom import statuses
from radflow.dicom.reading import items, text

IN_PROGRESS: Final = "IN PROGRESS"
COMPLETED: Final = "COMPLETED"
DISCONTINUED: Final = "DISCONTINUED"
FINAL_STATUSES: Final = frozenset({COMPLETED, DISCONTINUED})

# PS3.4 table F.7.2-1, N-CREATE type 1.
_CREATE_REQUIRED: Final = (
    "ScheduledStepAttributesSequence",
    "PerformedProcedureStepID",
    "PerformedStationAETitle",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "PerformedProcedureStepStatus",
    "Modality",
)
# N-SET "not allowed": what identifies the step may not change under way.
_SET_NOT_ALLOWED: Final = frozenset(
    {
        "ScheduledStepAttributesSequence",
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
        "ReferencedPatientSequence",
        "PerformedProcedureStepID",
        "PerformedStationAETitle",
        "PerformedProcedureStepStartDate",
        "PerformedProcedureStepStartTime",
        "Modality",
        "StudyID",
    }
)
_SERIES_REQUIRED: Final = ("SeriesInstanceUID", "ProtocolName")


@dataclass(frozen=True, slots=True)
class Problem:
    """A response other than success, for N-CREATE, N-SET and N-GET."""

    status: int
    # Error Comment is LO: at most 64 characters, and no patient data.
    comment: str = ""
    error_id: int | None = None
    keywords: tuple[str, ...] = ()

    @property
    def is_warning(self) -> bool:
        """The request was carried out all the same."""
        return self.status == statuses.ATTRIBUTE_LIST_WARNING


DUPLICATE: Final = Problem(statuses.DUPLICATE_INSTANCE, "SOP Instance already exists")
UNKNOWN: Final = Problem(statuses.UNKNOWN_INSTANCE, "SOP Instance not known")
STEP_IS_FINAL: Final = Problem(
    statuses.PROCESSING_FAILURE,
    statuses.STEP_IS_FINAL_COMMENT,
    statuses.STEP_IS_FINAL_ERROR_ID,
)


@dataclass(frozen=True, slots=True)
class SetReview:
    """What an N-SET may do.

    `ignored` are keywords to leave out of the merge (answered 0x0107); `no_series`
    marks COMPLETED without any series, which a technologist must confirm.
    """

    problem: Problem | None = None
    ignored: tuple[str, ...] = ()
    no_series: bool = False


def validate_create(step: Dataset) -> Problem | None:
    """The reason to refuse an N-CREATE, None when it may be stored."""
    problem = _required(step, _CREATE_REQUIRED)
    if problem is not None:
        return problem
    if text(step, "PerformedProcedureStepStatus") != IN_PROGRESS:
        return _invalid("PerformedProcedureStepStatus")
    for item in step.ScheduledStepAttributesSequence:
        problem = _required(item, ("StudyInstanceUID",))
        if problem is not None:
            return problem
    return _series_problem(step)


def validate_set(
    change: Dataset,
    current_status: str,
    *,
    has_series: bool = False,
    strict: bool = False,
) -> SetReview:
    """Review an N-SET on a step now in `current_status`.

    `has_series`: the stored step has series already. `strict` refuses a COMPLETED
    without series (0x0121) instead of flagging it.
    """
    if current_status in FINAL_STATUSES:
        return SetReview(STEP_IS_FINAL)
    problem = _status_problem(change) or _series_problem(change)
    if problem is not None:
        return SetReview(problem)
    ignored = tuple(e.keyword for e in change if e.keyword in _SET_NOT_ALLOWED)
    no_series = _completes_without_series(change, has_series=has_series)
    if no_series and strict:
        return SetReview(_empty("PerformedSeriesSequence"))
    return SetReview(_ignored_warning(ignored), ignored, no_series)


def merge(step: Dataset, change: Dataset, *, ignored: tuple[str, ...] = ()) -> Dataset:
    """`step` after an N-SET; a sequence replaces the whole stored one (PS3.4 F.7.2.2).

    Neither argument is changed.
    """
    merged = Dataset()
    merged.update(step)
    for element in change:
        if element.keyword not in ignored:
            merged[element.tag] = element
    return merged


def _status_problem(change: Dataset) -> Problem | None:
    if "PerformedProcedureStepStatus" not in change:
        return None
    status = text(change, "PerformedProcedureStepStatus")
    if not status:
        return _empty("PerformedProcedureStepStatus")
    if status != IN_PROGRESS and status not in FINAL_STATUSES:
        return _invalid("PerformedProcedureStepStatus")
    return None


def _series_problem(step: Dataset) -> Problem | None:
    for series in items(step, "PerformedSeriesSequence"):
        problem = _required(series, _SERIES_REQUIRED)
        if problem is not None:
            return problem
    return None


def _completes_without_series(change: Dataset, *, has_series: bool) -> bool:
    if text(change, "PerformedProcedureStepStatus") != COMPLETED:
        return False
    if "PerformedSeriesSequence" in change:
        return not change.PerformedSeriesSequence
    return not has_series


def _required(dataset: Dataset, keywords: tuple[str, ...]) -> Problem | None:
    missing = tuple(keyword for keyword in keywords if keyword not in dataset)
    if missing:
        return Problem(
            statuses.MISSING_ATTRIBUTE, _comment("Missing", missing), keywords=missing
        )
    empty = tuple(keyword for keyword in keywords if dataset[keyword].is_empty)
    return _empty(*empty) if empty else None


def _empty(*keywords: str) -> Problem:
    return Problem(
        statuses.MISSING_ATTRIBUTE_VALUE, _comment("Empty", keywords), keywords=keywords
    )


def _invalid(keyword: str) -> Problem:
    return Problem(
        statuses.INVALID_ATTRIBUTE_VALUE,
        _comment("Invalid", (keyword,)),
        keywords=(keyword,),
    )


def _ignored_warning(ignored: tuple[str, ...]) -> Problem | None:
    if not ignored:
        return None
    return Problem(
        statuses.ATTRIBUTE_LIST_WARNING, _comment("Ignored", ignored), keywords=ignored
    )


def _comment(what: str, keywords: tuple[str, ...]) -> str:
    return f"{what}: {', '.join(keywords)}"[:64]
