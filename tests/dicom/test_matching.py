from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radflow.dicom.criteria import AnyOf, Single, Universal, Wildcard
from radflow.dicom.errors import IdentifierMismatch
from radflow.dicom.matching import StartWindow, matches, parse_query
from radflow.dicom.worklist_item import IssuedId, WorklistItem
from tests.dicom.builders import dataset, item, query

WORD = st.text("ABCabc .-'", min_size=1, max_size=12).map(str.strip).filter(bool)


def asks(
    candidate: WorklistItem, step: dict[str, Any] | None = None, /, **keys: Any
) -> bool:
    return matches(candidate, parse_query(query(step, **keys)))


def test_an_empty_query_matches_everything() -> None:
    assert matches(item(), parse_query(dataset()))
    assert asks(item(), {"Modality": "", "ScheduledStationAETitle": ""}, PatientName="")


@pytest.mark.parametrize(
    "asked",
    [
        "Okafor^Ada^Grace^Ms",
        "OKAFOR^ADA^GRACE^MS",
        "okafor^ada^grace^ms^^",
        "Okafor*",
        "oka*^ada*",
        "O?afor^*",
        "*",
        "**",
        "*grace*",
    ],
)
def test_a_name_matches_whatever_its_case_and_carets(asked: str) -> None:
    assert asks(item(), PatientName=asked)


@pytest.mark.parametrize("asked", ["Okafor", "Okafor^Ada", "Oka?", "Smith*", "O*^Bo*"])
def test_a_different_name_does_not_match(asked: str) -> None:
    assert not asks(item(), PatientName=asked)


def test_a_wildcard_for_a_component_matches_a_name_without_it() -> None:
    assert asks(item(patient_name="Okafor"), PatientName="Okafor^*^*")


@pytest.mark.parametrize("asked", ["Yamada^Tarou", "山田*", "=山田^太郎", "*=山田*"])
def test_component_groups_are_compared(asked: str) -> None:
    assert asks(item(patient_name="Yamada^Tarou=山田^太郎"), PatientName=asked)


def test_several_groups_must_all_match() -> None:
    named = item(patient_name="Yamada^Tarou=山田^太郎")
    assert not asks(named, PatientName="Yamada^Tarou=鈴木^太郎")


@given(family=WORD, given_name=WORD)
def test_every_name_matches_itself_and_its_prefix(family: str, given_name: str) -> None:
    named = item(patient_name=f"{family}^{given_name}")
    assert asks(named, PatientName=f"{family}^{given_name}".upper())
    assert asks(named, PatientName=f"{family}*")


@given(value=st.text("AB.1+(", min_size=1, max_size=8), cut=st.integers(0, 8))
def test_a_wildcard_anywhere_matches_its_own_value(value: str, cut: int) -> None:
    admitted = item(admission_id=IssuedId(value))
    assert asks(admitted, AdmissionID=value[:cut] + "*" + value[cut:])
    assert asks(admitted, AdmissionID="?" * len(value))
    assert not asks(admitted, AdmissionID="?" * (len(value) + 1))


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PatientID", "MRN-0017"),
        ("IssuerOfPatientID", "GENHOSP"),
        ("AccessionNumber", "ACC0042"),
        ("RequestedProcedureID", "RP42"),
        ("StudyInstanceUID", "1.2.826.0.1.42"),
    ],
)
def test_each_key_selects(keyword: str, value: str) -> None:
    assert asks(item(), None, **{keyword: value})
    assert not asks(item(), None, **{keyword: value + "9"})


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("Modality", "CT"),
        ("ScheduledStationAETitle", "CT1"),
        ("ScheduledProcedureStepID", "SPS42"),
        ("ScheduledProcedureStepStatus", "SCHEDULED"),
    ],
)
def test_each_step_key_selects(keyword: str, value: str) -> None:
    assert asks(item(), {keyword: value})
    assert not asks(item(), {keyword: value + "X"})


@pytest.mark.parametrize(
    ("keyword", "field"),
    [
        ("RequestingPhysician", "requesting_physician"),
        ("ReferringPhysicianName", "referring_physician"),
    ],
)
def test_physicians_are_matched_as_names(keyword: str, field: str) -> None:
    ordered = item(**{field: "House^Gregory"})
    assert asks(ordered, None, **{keyword: "HOUSE*"})
    assert not asks(ordered, None, **{keyword: "Wilson*"})


def test_identifiers_are_case_sensitive() -> None:
    assert not asks(item(), PatientID="mrn-0017")


def test_surrounding_spaces_do_not_matter() -> None:
    assert asks(item(), {"ScheduledStationAETitle": " CT1 "}, PatientID="MRN-0017 ")


def test_several_modalities_match_any_of_them() -> None:
    assert asks(item(), {"Modality": ["MR", "CT"]})
    assert not asks(item(), {"Modality": ["MR", "US"]})


def test_a_uid_list_matches_one_of_its_values() -> None:
    assert asks(item(), StudyInstanceUID=["1.2.3", "1.2.826.0.1.42"])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("20260705", True),
        ("20260704-20260706", True),
        ("20260705-", True),
        ("-20260705", True),
        ("2026.07.05", True),
        ("20260706-", False),
        ("-20260704", False),
        ("20260706", False),
    ],
)
def test_dates(asked: str, expected: bool) -> None:
    assert asks(item(), {"ScheduledProcedureStepStartDate": asked}) is expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("10", True),
        ("1030", True),
        ("103000.000000", True),
        ("1000-1030", True),
        ("1031-", False),
        ("-1029", False),
        ("11", False),
    ],
)
def test_times_of_lower_precision_mean_the_whole_unit(
    asked: str, expected: bool
) -> None:
    assert asks(item(), {"ScheduledProcedureStepStartTime": asked}) is expected


def test_two_ranges_are_one_interval_not_a_daily_window() -> None:
    window = {
        "ScheduledProcedureStepStartDate": "20260705-20260707",
        "ScheduledProcedureStepStartTime": "1000-1800",
    }
    assert asks(item(start_date="20260706", start_time="030000"), window)
    assert not asks(item(start_date="20260705", start_time="090000"), window)
    assert not asks(item(start_date="20260707", start_time="190000"), window)


def test_the_interval_is_ready_for_a_database_query() -> None:
    window = {
        "ScheduledProcedureStepStartDate": "20260705-20260707",
        "ScheduledProcedureStepStartTime": "1000-1800",
    }
    assert parse_query(query(window)).start == StartWindow(
        datetime(2026, 7, 5, 10), datetime(2026, 7, 7, 18, 0, 59, 999999)
    )


def test_one_day_with_a_time_range_is_a_window_of_that_day() -> None:
    window = {
        "ScheduledProcedureStepStartDate": "20260705",
        "ScheduledProcedureStepStartTime": "1000-1100",
    }
    assert asks(item(), window)
    assert not asks(item(start_time="113000"), window)


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
    low=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
    high=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
)
def test_the_combined_interval_agrees_with_datetime_order(
    start: datetime, low: datetime, high: datetime
) -> None:
    candidate = item(start_date=f"{start:%Y%m%d}", start_time=f"{start:%H%M%S.%f}")
    window = {
        "ScheduledProcedureStepStartDate": f"{low:%Y%m%d}-{high:%Y%m%d}",
        "ScheduledProcedureStepStartTime": f"{low:%H%M%S.%f}-{high:%H%M%S.%f}",
    }
    assert asks(candidate, window) is (low <= start <= high)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("ScheduledProcedureStepStartDate", "July"),
        ("ScheduledProcedureStepStartDate", "20260230"),
        ("ScheduledProcedureStepStartTime", "2500"),
    ],
)
def test_an_impossible_date_or_time_is_a_mismatch(keyword: str, value: str) -> None:
    with pytest.raises(IdentifierMismatch):
        parse_query(query({keyword: value}))


def test_two_step_items_are_a_mismatch() -> None:
    with pytest.raises(IdentifierMismatch):
        parse_query(dataset(ScheduledProcedureStepSequence=[dataset(), dataset()]))


def test_criteria_are_typed_for_the_prefilter() -> None:
    parsed = parse_query(query({"Modality": "CT"}, PatientID="MRN*"))
    assert parsed.modality == Single("CT")
    assert parsed.patient_id == Wildcard("MRN*")
    assert parsed.accession == Universal()
    assert parse_query(query(StudyInstanceUID="1.2")).study_instance_uid == AnyOf(
        ("1.2",)
    )


def test_a_wildcard_becomes_an_escaped_like_pattern() -> None:
    assert Wildcard(r"50%_a\*b?").like() == r"50\%\_a\\%b_"


def test_a_value_on_a_key_that_is_not_matched_is_unsupported() -> None:
    assert parse_query(query(PatientSex="F")).unsupported == ("PatientSex",)
    assert parse_query(query(PatientSex="")).unsupported == ()
