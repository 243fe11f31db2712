from __future__ import annotations

import pytest

from radflow.dicom import statuses
from radflow.dicom.mpps import merge, validate_create, validate_set
from tests.dicom.builders import dataset, performed, reference, series

REQUIRED = [
    "ScheduledStepAttributesSequence",
    "PerformedProcedureStepID",
    "PerformedStationAETitle",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "PerformedProcedureStepStatus",
    "Modality",
]


def test_a_complete_create_is_accepted() -> None:
    assert validate_create(performed()) is None


def test_an_unscheduled_step_is_accepted_with_empty_references() -> None:
    unscheduled = reference(
        AccessionNumber="", RequestedProcedureID="", ScheduledProcedureStepID=""
    )
    step = performed(ScheduledStepAttributesSequence=[unscheduled], PatientID="")
    assert validate_create(step) is None


@pytest.mark.parametrize("status", ["COMPLETED", "DISCONTINUED", "STARTED"])
def test_a_create_must_be_in_progress(status: str) -> None:
    problem = validate_create(performed(PerformedProcedureStepStatus=status))
    assert problem is not None
    assert problem.status == statuses.INVALID_ATTRIBUTE_VALUE


@pytest.mark.parametrize("keyword", REQUIRED)
def test_a_missing_type_1_attribute_is_0120(keyword: str) -> None:
    step = performed()
    del step[keyword]
    problem = validate_create(step)
    assert problem is not None
    assert (problem.status, problem.keywords) == (0x0120, (keyword,))


@pytest.mark.parametrize("keyword", REQUIRED)
def test_an_empty_type_1_attribute_is_0121(keyword: str) -> None:
    empty = [] if keyword.endswith("Sequence") else ""
    problem = validate_create(performed(**{keyword: empty}))
    assert problem is not None
    assert (problem.status, problem.keywords) == (0x0121, (keyword,))


def test_every_reference_needs_its_study() -> None:
    incomplete = dataset(AccessionNumber="ACC0042")
    references = [reference(), incomplete]
    problem = validate_create(performed(ScheduledStepAttributesSequence=references))
    assert problem is not None
    assert problem.keywords == ("StudyInstanceUID",)


def test_a_comment_fits_and_names_no_value() -> None:
    problem = validate_create(dataset(PatientName="Okafor^Ada"))
    assert problem is not None
    assert len(problem.comment) <= 64
    assert "Okafor" not in problem.comment


@pytest.mark.parametrize("final", ["COMPLETED", "DISCONTINUED"])
def test_a_final_step_may_no_longer_be_updated(final: str) -> None:
    problem = validate_set(dataset(PerformedSeriesSequence=[]), final).problem
    assert problem is not None
    assert (problem.status, problem.error_id) == (0x0110, 0xA710)
    assert problem.comment == (
        "Performed Procedure Step Object may no longer be updated"
    )


def test_an_attribute_not_allowed_is_ignored_with_a_warning() -> None:
    change = dataset(PatientID="other", PerformedProcedureStepDescription="Head")
    review = validate_set(change, "IN PROGRESS")
    assert review.ignored == ("PatientID",)
    assert review.problem is not None
    assert review.problem.is_warning
    assert review.problem.status == 0x0107


def test_completing_with_series_is_accepted() -> None:
    change = dataset(
        PerformedProcedureStepStatus="COMPLETED", PerformedSeriesSequence=[series()]
    )
    review = validate_set(change, "IN PROGRESS")
    assert (review.problem, review.no_series) == (None, False)


def test_completing_with_series_told_before_is_accepted() -> None:
    change = dataset(PerformedProcedureStepStatus="COMPLETED")
    assert not validate_set(change, "IN PROGRESS", has_series=True).no_series


@pytest.mark.parametrize("extra", [{}, {"PerformedSeriesSequence": []}])
def test_completing_without_series_is_flagged(extra: dict[str, object]) -> None:
    change = dataset(PerformedProcedureStepStatus="COMPLETED", **extra)
    review = validate_set(change, "IN PROGRESS")
    assert (review.problem, review.no_series) == (None, True)


def test_a_strict_profile_refuses_completion_without_series() -> None:
    change = dataset(PerformedProcedureStepStatus="COMPLETED")
    problem = validate_set(change, "IN PROGRESS", strict=True).problem
    assert problem is not None
    assert problem.status == 0x0121


def test_discontinuing_without_series_needs_no_confirmation() -> None:
    change = dataset(PerformedProcedureStepStatus="DISCONTINUED")
    assert validate_set(change, "IN PROGRESS").no_series is False


@pytest.mark.parametrize(("status", "expected"), [("PAUSED", 0x0106), ("", 0x0121)])
def test_a_set_status_must_be_known(status: str, expected: int) -> None:
    change = dataset(PerformedProcedureStepStatus=status)
    problem = validate_set(change, "IN PROGRESS").problem
    assert problem is not None
    assert problem.status == expected


def test_every_series_needs_its_uid_and_protocol() -> None:
    nameless = series()
    del nameless.ProtocolName
    change = dataset(PerformedSeriesSequence=[nameless])
    problem = validate_set(change, "IN PROGRESS").problem
    assert problem is not None
    assert problem.keywords == ("ProtocolName",)


def test_a_set_replaces_whole_sequences() -> None:
    first = performed(PerformedSeriesSequence=[series(), series()])
    merged = merge(first, dataset(PerformedSeriesSequence=[series(images=5)]))
    (only,) = merged.PerformedSeriesSequence
    assert len(only.ReferencedImageSequence) == 5
    assert len(first.PerformedSeriesSequence) == 2


def test_a_set_leaves_what_it_does_not_name() -> None:
    merged = merge(performed(), dataset(PerformedProcedureStepStatus="COMPLETED"))
    assert (merged.PatientID, merged.PerformedProcedureStepStatus) == (
        "MRN-0017",
        "COMPLETED",
    )


def test_ignored_attributes_are_not_merged() -> None:
    merged = merge(performed(), dataset(PatientID="other"), ignored=("PatientID",))
    assert merged.PatientID == "MRN-0017"
