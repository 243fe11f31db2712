"""Scanners tell what they do: MPPS over a real association, and what follows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydicom.dataset import Dataset

from orders.cause import Cause
from orders.lifecycle import Event, ExamState
from orders.models import Order, OrderEvent, ReportStatus
from orders.requests import Code, Identifier, ScheduleRequest
from orders.services import record_event, set_report_status
from radflow.accounts.models import User
from radflow.dicom import statuses
from tests.dicom import builders
from tests.dicom.builders import dataset, reference, series
from tests.factories import make_order, patient_request
from tests.worklist.department import Department
from tests.worklist.example import TEN, UID, example_12_1
from worklist.exceptions import ScannerStillRunning
from worklist.lifecycle import AppointmentState
from worklist.models import (
    Appointment,
    DicomExchange,
    PerformedStep,
    Station,
    Study,
)
from worklist.selectors import station_list
from worklist.services import (
    arrive,
    begin_exam,
    end_exam,
    verify_identity,
)

PPS = "1.2.826.0.1.77.1"


@pytest.fixture
def order(department: Department, station: Station) -> Order:
    return example_12_1()


def reference_to(order: Order, **changes: Any) -> Dataset:
    step = order.steps.first()
    values = {
        "StudyInstanceUID": order.study_instance_uid,
        "AccessionNumber": order.accession_number,
        "RequestedProcedureID": order.requested_procedure_id,
        "ScheduledProcedureStepID": step.step_id if step else "",
    }
    return reference(**{**values, **changes})


def performed(order: Order, **changes: Any) -> Dataset:
    values = {
        "ScheduledStepAttributesSequence": [reference_to(order)],
        "PatientName": "Okafor^Ada^Grace^Ms",
        "PatientID": "700123",
        "PatientBirthDate": "19800514",
        "PerformedStationAETitle": "CT1_AE",
        "PerformedProcedureStepStartDate": "20260302",
        "PerformedProcedureStepStartTime": "100400",
    }
    return builders.performed(**{**values, **changes})


def ended(status: str = "COMPLETED", images: int = 2, **more: Any) -> Dataset:
    return dataset(
        PerformedProcedureStepStatus=status,
        PerformedProcedureStepEndDate="20260302",
        PerformedProcedureStepEndTime="101500",
        PerformedSeriesSequence=[series(images)] if images else [],
        **more,
    )


def stopped(code: str, images: int = 0) -> Dataset:
    reason = dataset(CodeValue=code, CodingSchemeDesignator="DCM", CodeMeaning="why")
    key = "PerformedProcedureStepDiscontinuationReasonCodeSequence"
    return ended("DISCONTINUED", images, **{key: [reason]})


def create(department: Department, step: Dataset, uid: str = PPS) -> int:
    return department.scanner().mpps_create(uid, step).status


def change(department: Department, values: Dataset, uid: str = PPS) -> int:
    return department.scanner().mpps_set(uid, values).status


def status_of(order: Order) -> str:
    order.refresh_from_db()
    return order.status


def slot_of(order: Order) -> str:
    return Appointment.objects.get(step__order=order).state


def test_a_scan_goes_from_begin_to_images_in(
    department: Department, order: Order, station: Station
) -> None:
    assert create(department, performed(order)) == 0
    assert status_of(order) == ExamState.IN_PROGRESS
    assert order.started_at == datetime(2026, 3, 2, 10, 4, tzinfo=UTC)
    assert slot_of(order) == AppointmentState.STARTED
    assert change(department, ended()) == 0
    assert status_of(order) == ExamState.PERFORMED
    assert order.ended_at == datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
    assert slot_of(order) == AppointmentState.FULFILLED
    assert order.steps.get().closed
    study = Study.objects.get(order=order)
    assert (study.study_instance_uid, study.series_count) == (UID, 1)
    assert (study.instance_count, study.retrieve_ae_title) == (2, "PACS")
    kept = DicomExchange.objects.order_by("id")
    assert [e.kind for e in kept] == ["N-CREATE", "N-SET"]
    began = order.events.get(to_status=ExamState.IN_PROGRESS)
    assert (began.exchange_id, began.actor) == (kept[0].pk, "CT1_AE")
    assert station_list(station, TEN.date())[0].order_id == order.pk


def test_the_stored_step_can_be_read_back(department: Department, order: Order) -> None:
    create(department, performed(order))
    change(department, ended())
    reply, step = department.scanner().mpps_get(PPS)
    assert reply.status == 0
    assert step is not None
    assert step.PerformedProcedureStepStatus == "COMPLETED"
    assert step.PatientID == "700123"


@pytest.mark.parametrize(
    "wrong",
    [
        {"PatientID": "700124"},
        {"PatientID": "", "PatientName": "Mensah^Kofi", "PatientBirthDate": "19700101"},
        {"PatientName": "Okafor^Grace"},
    ],
    ids=["identifier", "name and birth date", "twin"],
)
def test_a_scan_of_another_patient_is_never_linked(
    department: Department, order: Order, wrong: dict[str, str]
) -> None:
    assert create(department, performed(order, **wrong)) == 0
    step = PerformedStep.objects.get()
    assert step.order is None
    assert step.mismatch
    assert status_of(order) == ExamState.SCHEDULED
    assert "another patient" in order.needs_attention
    assert order.events.filter(kind=OrderEvent.Kind.STOP).exists()
    assert change(department, ended()) == 0
    assert status_of(order) == ExamState.SCHEDULED


def test_a_study_uid_under_another_accession_is_never_linked(
    department: Department, order: Order
) -> None:
    strange = reference_to(order, AccessionNumber="ACC999")
    create(department, performed(order, ScheduledStepAttributesSequence=[strange]))
    assert PerformedStep.objects.get().order is None
    assert status_of(order) == ExamState.SCHEDULED
    assert order.needs_attention


@pytest.mark.parametrize(
    "changes",
    [
        {"AccessionNumber": "", "ScheduledProcedureStepID": ""},
        {"StudyInstanceUID": "1.2.3.4"},
        {"StudyInstanceUID": "1.2.3.4", "ScheduledProcedureStepID": ""},
        {
            "StudyInstanceUID": "1.2.3.4",
            "ScheduledProcedureStepID": "",
            "RequestedProcedureID": "",
        },
    ],
    ids=["study", "accession and step", "accession and procedure", "accession"],
)
def test_each_rung_of_the_ladder_finds_the_exam(
    department: Department, order: Order, changes: dict[str, str]
) -> None:
    named = reference_to(order, **changes)
    create(department, performed(order, ScheduledStepAttributesSequence=[named]))
    assert status_of(order) == ExamState.IN_PROGRESS


def test_a_name_whose_letters_the_scanner_lost_still_links(
    department: Department, station: Station
) -> None:
    order = make_order(
        patient=patient_request(
            identifiers=(Identifier("700123", "GENHOSP"),),
            family_name="Sørensen",
            given_name="花子",
        ),
        schedule=ScheduleRequest(TEN),
    )
    create(department, performed(order, PatientName="Sorensen^??"))
    assert status_of(order) == ExamState.IN_PROGRESS


def test_an_unscheduled_scan_is_kept_for_a_human(
    department: Department, order: Order
) -> None:
    unknown = reference(StudyInstanceUID="1.2.3", AccessionNumber="")
    step = performed(order, ScheduledStepAttributesSequence=[unknown])
    assert create(department, step) == 0
    kept = PerformedStep.objects.get()
    assert kept.order is None
    assert "unscheduled" in kept.mismatch
    assert status_of(order) == ExamState.SCHEDULED


def test_refusals_have_the_standards_statuses_and_are_kept(
    department: Department, order: Order
) -> None:
    assert change(department, ended()) == statuses.UNKNOWN_INSTANCE
    early = performed(order, PerformedProcedureStepStatus="COMPLETED")
    assert create(department, early) == statuses.INVALID_ATTRIBUTE_VALUE
    assert create(department, performed(order)) == 0
    assert create(department, performed(order)) == statuses.DUPLICATE_INSTANCE
    assert change(department, ended()) == 0
    late = department.scanner().mpps_set(PPS, ended())
    assert (late.status, late.error_id) == (statuses.PROCESSING_FAILURE, 0xA710)
    kept = DicomExchange.objects.order_by("id").values_list("status", flat=True)
    assert list(kept) == [0x0112, 0x0106, 0, 0x0111, 0, 0x0110]
    assert PerformedStep.objects.count() == 1


def test_an_ignored_attribute_is_a_warning_and_changes_nothing(
    department: Department, order: Order
) -> None:
    create(department, performed(order))
    assert change(department, ended(PatientID="700999")) == 0x0107
    assert status_of(order) == ExamState.PERFORMED
    assert PerformedStep.objects.get().dataset["00100020"]["Value"] == ["700123"]


def test_a_wrong_entry_goes_back_to_the_worklist(
    department: Department, order: Order
) -> None:
    create(department, performed(order))
    assert change(department, stopped("110514")) == 0
    assert status_of(order) == ExamState.SCHEDULED
    assert slot_of(order) == AppointmentState.BOOKED
    assert not order.steps.get().closed


def test_a_wrong_entry_with_images_leaves_no_images_on_the_exam(
    department: Department, order: Order
) -> None:
    create(department, performed(order))
    change(department, stopped("110514", images=3))
    assert status_of(order) == ExamState.SCHEDULED
    assert Study.objects.get(order=order).instance_count == 0


def test_a_rescheduled_scan_gives_its_slot_up(
    department: Department, order: Order
) -> None:
    create(department, performed(order))
    change(department, stopped("110528"))
    assert status_of(order) == ExamState.ORDERED
    assert order.scheduled_start is None
    assert slot_of(order) == AppointmentState.CANCELLED


def test_a_stop_without_images_discontinues(
    department: Department, order: Order
) -> None:
    create(department, performed(order))
    change(department, stopped("110505"))
    assert status_of(order) == ExamState.DISCONTINUED
    ended_entry = order.events.get(to_status=ExamState.DISCONTINUED)
    assert ended_entry.detail == "Patient refused to continue procedure"


def test_a_stop_with_images_counts_as_performed_and_is_flagged(
    department: Department, order: Order
) -> None:
    create(department, performed(order))
    change(department, stopped("110501", images=1))
    assert status_of(order) == ExamState.PERFORMED
    assert "partial" in order.needs_attention


def test_an_end_without_series_waits_for_the_technologist(
    department: Department, order: Order
) -> None:
    create(department, performed(order))
    assert change(department, ended(images=0)) == 0
    assert status_of(order) == ExamState.IN_PROGRESS
    assert "without any series" in order.needs_attention
    done = end_exam(order_id=order.pk, cause=Cause(actor="station"))
    assert done.status == ExamState.PERFORMED


def test_a_second_step_keeps_the_exam_open_until_both_ended(
    department: Department, order: Order
) -> None:
    create(department, performed(order))
    create(department, performed(order), uid=f"{PPS}.2")
    change(department, ended())
    assert status_of(order) == ExamState.IN_PROGRESS
    change(department, ended(images=4), uid=f"{PPS}.2")
    assert status_of(order) == ExamState.PERFORMED
    assert Study.objects.get(order=order).instance_count == 6


def test_more_images_reopen_the_exam_but_not_after_the_final_report(
    department: Department, order: Order
) -> None:
    create(department, performed(order))
    change(department, ended())
    create(department, performed(order), uid=f"{PPS}.2")
    assert status_of(order) == ExamState.IN_PROGRESS
    change(department, ended(), uid=f"{PPS}.2")
    set_report_status(order_id=order.pk, status=ReportStatus.FINAL)
    create(department, performed(order), uid=f"{PPS}.3")
    assert status_of(order) == ExamState.PERFORMED
    assert "after the final report" in order.needs_attention


def test_a_scan_after_cancelling_is_recorded_with_a_stop_sign(
    department: Department, order: Order
) -> None:
    record_event(order_id=order.pk, event=Event.CANCEL, cause=Cause(actor="EHRX"))
    assert create(department, performed(order)) == 0
    assert status_of(order) == ExamState.IN_PROGRESS
    assert "Cancelled" in order.needs_attention


def test_one_scan_for_two_exams_moves_both(
    department: Department, order: Order
) -> None:
    second = make_order(
        patient=patient_request(identifiers=(Identifier("700123", "GENHOSP"),)),
        procedure=Code("CTABD", "CT abdomen", "99RADFLOW"),
        schedule=ScheduleRequest(TEN.replace(hour=11)),
    )
    both = [reference_to(order), reference_to(second)]
    create(department, performed(order, ScheduledStepAttributesSequence=both))
    assert status_of(second) == status_of(order) == ExamState.IN_PROGRESS
    change(department, ended())
    assert status_of(second) == status_of(order) == ExamState.PERFORMED


def test_the_first_scanner_to_begin_a_walk_in_makes_it_its_own(
    department: Department, station: Station
) -> None:
    person = patient_request(identifiers=(Identifier("700123", "GENHOSP"),))
    order = make_order(patient=person)
    arrive(order_id=order.pk, cause=Cause(actor="desk"))
    create(department, performed(order))
    assert status_of(order) == ExamState.IN_PROGRESS
    assert order.station_ae_title == "CT1_AE"
    assert order.steps.get().station == station


def begin_in_browser(order: Order, user: User) -> None:
    verification = verify_identity(
        order_id=order.pk,
        user=user,
        presented_patient_id="700123",
        presented_accession=order.accession_number,
        method="scanned",
    )
    begin_exam(order_id=order.pk, user=user, verification_id=verification.pk)


def states_told(order: Order) -> list[str]:
    moves = order.events.exclude(to_status="").order_by("id")
    return list(moves.values_list("to_status", flat=True))


def test_a_scanner_that_joins_a_begun_exam_makes_no_second_transition(
    department: Department, order: Order, technologist: User
) -> None:
    begin_in_browser(order, technologist)
    create(department, performed(order))
    with pytest.raises(ScannerStillRunning):
        end_exam(order_id=order.pk, cause=Cause(user=technologist))
    change(department, ended())
    assert status_of(order) == ExamState.PERFORMED
    assert states_told(order).count("in_progress") == 1
    assert not PerformedStep.objects.filter(status="IN PROGRESS").exists()


def test_a_scanner_that_reports_after_the_end_in_the_browser_changes_nothing(
    department: Department, order: Order, technologist: User
) -> None:
    begin_in_browser(order, technologist)
    end_exam(order_id=order.pk, cause=Cause(user=technologist))
    create(department, performed(order))
    assert status_of(order) == ExamState.PERFORMED
    change(department, ended())
    assert states_told(order)[-2:] == ["in_progress", "performed"]
    assert Study.objects.get(order=order).instance_count == 2
