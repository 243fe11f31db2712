from __future__ import annotations

import pytest

from radflow.dicom.worklist_item import IssuedId, missing_type1
from tests.dicom.builders import item


def test_a_complete_item_misses_nothing() -> None:
    assert missing_type1(item()) == []


@pytest.mark.parametrize(
    ("field", "keyword"),
    [
        ("station_ae", "ScheduledStationAETitle"),
        ("start_date", "ScheduledProcedureStepStartDate"),
        ("start_time", "ScheduledProcedureStepStartTime"),
        ("modality", "Modality"),
        ("step_id", "ScheduledProcedureStepID"),
        ("requested_procedure_id", "RequestedProcedureID"),
        ("study_instance_uid", "StudyInstanceUID"),
        ("patient_name", "PatientName"),
    ],
)
def test_each_type_1_value_is_missed_when_empty(field: str, keyword: str) -> None:
    assert missing_type1(item(**{field: ""})) == [keyword]


def test_a_missing_patient_id_is_reported() -> None:
    assert missing_type1(item(patient_id=IssuedId())) == ["PatientID"]


def test_a_name_of_carets_only_is_no_name() -> None:
    assert missing_type1(item(patient_name="^^")) == ["PatientName"]


def test_a_code_stands_in_for_the_procedure_description() -> None:
    assert missing_type1(item(requested_procedure_description="")) == []


def test_neither_description_nor_code_is_reported() -> None:
    bare = item(requested_procedure_code=None)
    assert missing_type1(bare) == ["RequestedProcedureDescription"]
