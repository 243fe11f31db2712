from __future__ import annotations

from datetime import datetime

from radflow.dicom.performed_step import read_mpps
from radflow.dicom.worklist_item import Code
from tests.dicom.builders import dataset, performed, reference, series


def test_reads_who_what_and_where() -> None:
    read = read_mpps(performed(), "1.2.3")
    assert (read.sop_instance_uid, read.status) == ("1.2.3", "IN PROGRESS")
    assert (read.station_ae, read.modality, read.step_id) == ("CT1", "CT", "PPS1")
    assert (read.patient_name, read.patient_id) == ("Okafor^Ada", "MRN-0017")
    assert (read.birth_date, read.sex) == ("19800102", "F")


def test_reads_times_as_naive_local() -> None:
    ended = performed(
        PerformedProcedureStepEndDate="20260705",
        PerformedProcedureStepEndTime="1101",
    )
    read = read_mpps(ended)
    assert read.started == datetime(2026, 7, 5, 10, 45)
    assert read.ended == datetime(2026, 7, 5, 11, 1)


def test_an_unreadable_time_is_none() -> None:
    assert read_mpps(performed(PerformedProcedureStepStartTime="99")).started is None


def test_reads_every_reference_of_a_group_trimmed() -> None:
    two = [reference(AccessionNumber=" A1 "), reference(StudyInstanceUID="1.9")]
    read = read_mpps(performed(ScheduledStepAttributesSequence=two))
    assert [r.accession_number for r in read.references] == ["A1", "ACC0042"]
    assert read.references[1].study_instance_uid == "1.9"
    assert read.references[0].step_id == "SPS42"


def test_counts_instances_per_series() -> None:
    read = read_mpps(performed(PerformedSeriesSequence=[series(3), series(0)]))
    assert [s.instance_count for s in read.series] == [3, 0]
    assert read.instance_count == 3
    assert read.series[0].protocol == "Head routine"
    assert read.series[0].retrieve_ae == "PACS"


def test_reads_the_operators_of_a_series() -> None:
    one = series(OperatorsName="Tech^Tina")
    two = series(OperatorsName=["Tech^Tina", "Tech^Tom"])
    read = read_mpps(performed(PerformedSeriesSequence=[one, two]))
    assert read.series[0].operators == ("Tech^Tina",)
    assert read.series[1].operators == ("Tech^Tina", "Tech^Tom")


def test_reads_why_it_was_discontinued() -> None:
    wrong = dataset(
        CodeValue="110514",
        CodingSchemeDesignator="DCM",
        CodeMeaning="Incorrect worklist entry selected",
    )
    step = performed(PerformedProcedureStepDiscontinuationReasonCodeSequence=[wrong])
    assert read_mpps(step).discontinuation_reason == Code(
        "110514", "DCM", "Incorrect worklist entry selected"
    )


def test_reads_the_dose_when_told() -> None:
    assert read_mpps(performed()).dose is None
    dose = read_mpps(performed(EntranceDoseInmGy="1.5", TotalNumberOfExposures=2)).dose
    assert dose is not None
    assert (dose.entrance_dose, dose.exposures) == (1.5, 2)


def test_an_empty_dataset_reads_as_empty() -> None:
    read = read_mpps(dataset())
    assert (read.status, read.references, read.started) == ("", (), None)
