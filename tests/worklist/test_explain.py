"""Every obstacle between an exam and a scanner has its words."""

from __future__ import annotations

import pytest

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order
from orders.requests import ScheduleRequest
from orders.services import record_event
from radflow.messaging.models import InboundMessage, InboundState
from tests.factories import StationFactory, make_order, patient_request
from tests.worklist.example import TEN, example_12_1
from worklist.explain import explain
from worklist.models import Station

pytestmark = pytest.mark.django_db


def words(order: Order, station: Station) -> str:
    order.refresh_from_db()
    return " ".join(reason.text for reason in explain(order, station))


def test_an_offered_exam_has_no_obstacle(station: Station) -> None:
    (reason,) = explain(example_12_1(), station)
    assert reason.offered


def test_the_state_of_the_exam_is_named(station: Station) -> None:
    order = example_12_1()
    record_event(order_id=order.pk, event=Event.HOLD, cause=Cause(actor="EHRX"))
    assert "state is Hold" in words(order, station)


def test_an_unscheduled_exam_has_no_step(station: Station) -> None:
    text = words(make_order(), station)
    assert "state is Ordered" in text
    assert "no open step" in text


def test_another_modality_and_another_scanner_are_named(station: Station) -> None:
    magnet = StationFactory.create(name="MR1", modality="MR")
    text = words(example_12_1(), magnet)
    assert "Modality is CT, MR1 does MR" in text
    assert "planned for CT1_AE" in text


def test_a_changed_modality_asks_for_a_new_booking(station: Station) -> None:
    order = example_12_1()
    Order.objects.filter(pk=order.pk).update(modality="MR")
    assert "the exam now needs MR" in words(order, station)


def test_missing_values_are_named(station: Station) -> None:
    nameless = patient_request(family_name="", given_name="")
    order = make_order(patient=nameless, schedule=ScheduleRequest(TEN))
    assert "PatientName has no value" in words(order, station)


def test_values_that_dicom_cannot_carry_are_named(station: Station) -> None:
    order = example_12_1()
    Order.objects.filter(pk=order.pk).update(placer_order_number="9" * 80)
    assert "longer than 64 characters" in words(order, station)


def test_a_station_out_of_service_is_named(station: Station) -> None:
    order = example_12_1()
    station.enabled = False
    station.save()
    assert "switched off" in words(order, station)


def test_a_parked_message_of_the_order_is_named_with_its_page(station: Station) -> None:
    order = example_12_1()
    record_event(order_id=order.pk, event=Event.HOLD, cause=Cause(actor="EHRX"))
    order.refresh_from_db()
    parked = InboundMessage.objects.create(
        remote_address="127.0.0.1",
        raw=b"MSH",
        body_hash=b"",
        state=InboundState.PARKED,
        keys=["O:P100045"],
        error_text="The procedure (OBR-4) is missing.",
    )
    told = explain(order, station)[-1]
    assert told.text == (
        f"Message in-{parked.pk} about it is parked: The procedure (OBR-4) is missing."
    )
    assert told.page
    assert told.page.url == f"/messages/in/{parked.pk}/"


def test_an_order_without_a_study_uid_is_named(station: Station) -> None:
    order = example_12_1()
    Order.objects.filter(pk=order.pk).update(study_instance_uid="")
    assert "StudyInstanceUID has no value" in words(order, station)


def test_a_name_that_the_scanner_cannot_show_is_a_note(station: Station) -> None:
    order = make_order(
        patient=patient_request(name_ideographic="山田^太郎"),
        schedule=ScheduleRequest(TEN),
    )
    station.charset = "ISO_IR 100"
    offered, note = explain(order, station)
    assert offered.offered
    assert note.offered
    assert "do not exist in ISO_IR 100" in note.text
    station.charset = "ISO 2022 IR 87"
    assert len(explain(order, station)) == 1


def test_a_fix_leads_to_its_page(station: Station) -> None:
    order = make_order()
    pages = {one.page.url for one in explain(order, station) if one.page}
    assert f"/board/{order.pk}/schedule/" in pages
    station.enabled = False
    rules = [one.page.url for one in explain(order, station) if one.page]
    assert f"/messages/stations/{station.pk}/" in rules
