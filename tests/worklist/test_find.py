"""What a scanner gets over a real association."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import OperationalError, connections
from pydicom.dataset import Dataset
from pytest_django import DjangoAssertNumQueries, Settings

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order, OrderEvent
from orders.requests import Identifier, ScheduleRequest
from orders.services import record_event, update_patient
from radflow.dicom import statuses
from radflow.dicom.criteria import Single
from radflow.dicom.errors import PeerError
from radflow.dicom.exchange import AssociationInfo
from radflow.dicom.matching import WorklistQuery
from tests.dicom.builders import query
from tests.factories import StationFactory, make_order, patient_request
from tests.worklist.department import Department
from tests.worklist.example import (
    EXPECTED,
    EXPECTED_STEP,
    KEYS,
    STEP_KEYS,
    TEN,
    example_12_1,
)
from worklist.dicom import recorder as recorder_module
from worklist.dicom.find import WorklistFinder
from worklist.dicom.recorder import FindRecorder
from worklist.models import DicomExchange, Station, WorklistServed
from worklist.selectors.worklist import worklist_items
from worklist.services import arrive
from worklist.services.exchanges import Find, Request, keep_finds

MARCH = query({"ScheduledProcedureStepStartDate": "20260302"}, AccessionNumber=None)
EVERY_CT = WorklistQuery(modality=Single("CT"))


def values(dataset: Dataset, keys: dict[str, str]) -> dict[str, str]:
    return {key: str(dataset.get(key, "absent")) for key in keys}


def accessions(department: Department, ae_title: str, asked: Dataset) -> set[str]:
    found = department.scanner(ae_title).find_worklist(asked)
    return {str(item.AccessionNumber) for item in found}


def test_the_example_order_arrives_with_every_key(
    department: Department, station: Station
) -> None:
    example_12_1()
    asked = query(STEP_KEYS, **{**KEYS, "AccessionNumber": "ACC26030017"})
    (item,) = department.scanner().find_worklist(asked)
    (step,) = item.ScheduledProcedureStepSequence
    assert values(item, EXPECTED) == EXPECTED
    assert values(step, EXPECTED_STEP) == EXPECTED_STEP
    assert step.ScheduledProcedureStepLocation == station.room.name
    assert set(KEYS) <= {element.keyword for element in item}
    assert set(STEP_KEYS) <= {element.keyword for element in step}
    (code,) = item.RequestedProcedureCodeSequence
    assert (code.CodeValue, code.CodingSchemeDesignator) == ("CTPA", "99RADFLOW")
    (other,) = item.OtherPatientIDsSequence
    assert other.PatientID == "9990001112"


def test_a_held_or_cancelled_exam_is_gone_at_once(
    department: Department, station: Station
) -> None:
    order = example_12_1()
    cause = Cause(actor="EHRX")
    assert accessions(department, "CT1_AE", MARCH) == {"ACC26030017"}
    record_event(order_id=order.pk, event=Event.HOLD, cause=cause)
    assert accessions(department, "CT1_AE", MARCH) == set()
    record_event(order_id=order.pk, event=Event.RELEASE, cause=cause)
    assert accessions(department, "CT1_AE", MARCH) == {"ACC26030017"}
    record_event(order_id=order.pk, event=Event.CANCEL, cause=cause)
    assert accessions(department, "CT1_AE", MARCH) == set()


def test_a_scanner_sees_its_own_steps_and_the_pool_of_its_modality(
    department: Department, station: Station
) -> None:
    StationFactory.create(ae_title="CT2_AE")
    StationFactory.create(ae_title="MR1_AE", modality="MR")
    own = make_order(schedule=ScheduleRequest(TEN, station_ae_title="CT1_AE"))
    other = make_order(schedule=ScheduleRequest(TEN, station_ae_title="CT2_AE"))
    walk_in = arrive(order_id=make_order().pk, cause=Cause(actor="desk", at=TEN))
    pool = walk_in.accession_number
    assert accessions(department, "CT1_AE", MARCH) == {own.accession_number, pool}
    assert accessions(department, "CT2_AE", MARCH) == {other.accession_number, pool}
    assert accessions(department, "MR1_AE", MARCH) == set()


def test_a_pool_step_carries_the_title_of_who_asks(
    department: Department, station: Station
) -> None:
    arrive(order_id=make_order().pk, cause=Cause(actor="desk", at=TEN))
    asked = query({"ScheduledStationAETitle": "CT1_AE", "Modality": "CT"})
    (item,) = department.scanner().find_worklist(asked)
    step = item.ScheduledProcedureStepSequence[0]
    assert step.ScheduledStationAETitle == "CT1_AE"


def test_unknown_scanners_are_refused_unless_welcome(
    department: Department, station: Station, settings: Settings
) -> None:
    example_12_1()
    with pytest.raises(PeerError):
        accessions(department, "WHO", MARCH)
    settings.ACCEPT_UNKNOWN_STATIONS = True
    assert accessions(department, "WHO", MARCH) == {"ACC26030017"}


def test_an_order_for_a_scanner_we_do_not_know_is_on_that_ones_list(
    department: Department, settings: Settings
) -> None:
    settings.ACCEPT_UNKNOWN_STATIONS = True
    order = make_order(schedule=ScheduleRequest(TEN, station_ae_title="MOBILE9"))
    asked = query({"ScheduledStationAETitle": "MOBILE9"}, AccessionNumber=None)
    assert accessions(department, "MOBILE9", asked) == {order.accession_number}


def test_a_step_for_a_modality_that_changed_is_not_offered(
    department: Department, station: Station
) -> None:
    order = example_12_1()
    Order.objects.filter(pk=order.pk).update(modality="MR")
    assert accessions(department, "CT1_AE", MARCH) == set()


def test_an_item_without_a_type_1_value_is_not_offered(
    department: Department, station: Station
) -> None:
    nameless = patient_request(family_name="", given_name="")
    make_order(patient=nameless, schedule=ScheduleRequest(TEN))
    assert accessions(department, "CT1_AE", MARCH) == set()


def test_an_empty_query_is_answered_with_today(
    department: Department, station: Station
) -> None:
    example_12_1()
    today = arrive(order_id=make_order().pk, cause=Cause(actor="desk"))
    empty = query({"Modality": None}, AccessionNumber=None)
    assert accessions(department, "CT1_AE", empty) == {today.accession_number}


def test_every_query_is_recorded_with_what_it_was_answered(
    department: Department, station: Station
) -> None:
    order = example_12_1()
    for _ in range(3):
        accessions(department, "CT1_AE", MARCH)
    unreadable = query({"ScheduledProcedureStepStartDate": "yesterday"})
    with pytest.raises(PeerError) as refused:
        accessions(department, "CT1_AE", unreadable)
    assert refused.value.status == statuses.IDENTIFIER_MISMATCH
    department.stop()
    asked = DicomExchange.objects.order_by("id")
    assert [e.status for e in asked] == [0, 0, 0, statuses.IDENTIFIER_MISMATCH]
    assert [e.matches for e in asked] == [1, 1, 1, 0]
    assert "00400100" in asked[0].request
    served = WorklistServed.objects.get(order=order)
    assert (served.calling_ae, served.times) == ("CT1_AE", 3)
    seen = order.events.get(kind=OrderEvent.Kind.WORKLIST)
    assert seen.title == "On the worklist of CT1_AE"
    assert seen.exchange_id == asked[0].pk


@pytest.mark.django_db
def test_a_repeated_query_reads_versions_alone(
    station: Station, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for minute in range(4):
        make_order(schedule=ScheduleRequest(TEN.replace(minute=minute)))
    with django_assert_num_queries(4):
        first = list(worklist_items(EVERY_CT, station))
    with django_assert_num_queries(1):
        second = list(worklist_items(EVERY_CT, station))
    assert len(first) == 4
    assert [o.item for o in first] == [o.item for o in second]


@pytest.mark.django_db
def test_a_new_name_is_on_the_next_answer(station: Station) -> None:
    example_12_1()
    list(worklist_items(EVERY_CT, station))
    marriage = patient_request(
        identifiers=(Identifier("700123", "GENHOSP", "MR"),), family_name="Mensah"
    )
    update_patient(request=marriage, cause=Cause(actor="ADT"))
    (offer,) = worklist_items(EVERY_CT, station)
    assert offer.item.patient_name == "Mensah^Ada^Grace^Ms"


@pytest.mark.django_db
def test_what_is_known_of_the_patient_alone_reaches_the_scanner(
    station: Station,
) -> None:
    """Alerts, pregnancy and weight that no order and no visit repeats."""
    person = patient_request(
        alerts=("MRSA",), pregnancy=2, weight_kg=Decimal(71), height_m=Decimal("1.8")
    )
    make_order(patient=person, clinical_info="Cough", schedule=ScheduleRequest(TEN))
    (offer,) = worklist_items(EVERY_CT, station)
    item = offer.item
    assert item.medical_alerts == ("Cough", "MRSA")
    assert (item.pregnancy_status, item.weight_kg, item.size_m) == (2, 71, 1.8)


@pytest.mark.django_db
def test_over_the_limit_the_answer_says_so(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_order(schedule=ScheduleRequest(TEN))
    kept: list[Find] = []
    recorder = FindRecorder()
    monkeypatch.setattr(recorder, "add", kept.append)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    finder = WorklistFinder(recorder, limit=2)
    answers = finder.find(MARCH, AssociationInfo("CT1_AE", "RADFLOW", "::1", 1, 0, "a"))
    assert len([next(answers) for _ in range(3)]) == 3
    answers.close()
    assert kept[0].status == statuses.OUT_OF_RESOURCES
    assert len(kept[0].order_ids) == 2


@pytest.mark.django_db(transaction=True)
def test_queries_wait_while_the_database_does_not_take_them(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = example_12_1()
    failed = threading.Event()

    def fail_once(finds: list[Find]) -> None:
        if failed.is_set():
            keep_finds(finds)
        else:
            failed.set()
            raise OperationalError

    monkeypatch.setattr(recorder_module, "keep_finds", fail_once)
    recorder = FindRecorder()
    recorder.start()
    request = Request("C-FIND", "CT1_AE", "RADFLOW", "127.0.0.1", {})
    recorder.add(Find(request, 0, (order.pk,)))
    assert failed.wait(10)
    recorder.stop()
    assert WorklistServed.objects.get().order == order
