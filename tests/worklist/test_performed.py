"""Scanners tell what they do: MPPS over a real association, and what follows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orders.cause import Cause
from orders.lifecycle import Event, ExamState
from orders.models import Order, OrderEvent, ReportStatus
from orders.requests import Code, Identifier, ScheduleRequest
from orders.services import record_event, set_report_status
from radflow.dicom import statuses
from tests.dicom.builders import reference
from tests.factories import make_order, patient_request
from tests.worklist.department import Department
from tests.worklist.example import TEN, UID, example_12_1
from tests.worklist.scanner import (
    PPS,
    change,
    create,
    ended,
    performed,
    reference_to,
    status_of,
    stopped,
)
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
    end_exam,
)


@pytest.fixture
def order(department: Department, station: Station) -> Order:
    return example_12_1()


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
