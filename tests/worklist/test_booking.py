"""Slots are given once, moved, freed; orders with a time find one by themselves."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from orders.cause import Cause
from orders.exceptions import VersionConflict
from orders.lifecycle import Event, ExamState, Refused
from orders.models import Order
from orders.requests import ScheduleRequest
from orders.services import record_event
from radflow.accounts.models import User
from tests.factories import RoomFactory, StationFactory, make_order
from worklist.exceptions import NotBookable, SlotTaken
from worklist.lifecycle import AppointmentState
from worklist.models import Appointment, Room, Station
from worklist.services import arrive, book_step, no_show, unbook, undo_arrival
from worklist.services.auto_booking import auto_book

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
DESK = Cause(actor="desk")

pytestmark = pytest.mark.django_db


def book(order: Order, room: Room, start: datetime = TEN, **more: object) -> None:
    book_step(order_id=order.pk, room_id=room.pk, start=start, cause=DESK, **more)  # type: ignore[arg-type]


def state_of(order: Order) -> str:
    return Appointment.objects.filter(step__order=order).latest("id").state


def test_a_booking_schedules_the_exam_on_the_rooms_only_scanner(
    station: Station,
) -> None:
    order = make_order()
    book(order, station.room)
    order.refresh_from_db()
    step = order.steps.get()
    assert order.status == ExamState.SCHEDULED
    assert (order.scheduled_start, order.station_ae_title) == (TEN, "CT1_AE")
    assert order.room_name == station.room.name
    assert (step.station, step.modality, step.start) == (station, "CT", TEN)
    assert order.events.filter(title="Scheduled", detail__contains="10:00").exists()


def test_a_second_exam_at_the_same_time_is_told_who_has_the_room(
    station: Station,
) -> None:
    first, second = make_order(), make_order()
    book(first, station.room)
    with pytest.raises(SlotTaken) as refused:
        book(second, station.room, TEN + timedelta(minutes=10))
    assert refused.value.order_id == first.pk
    assert f"exam {first.accession_number}" in refused.value.text
    assert refused.value.start == TEN
    second.refresh_from_db()
    assert second.status == ExamState.ORDERED
    assert not second.steps.exists()


def test_back_to_back_exams_do_not_collide(station: Station) -> None:
    first, second = make_order(), make_order()
    book(first, station.room, duration_minutes=20)
    book(second, station.room, TEN + timedelta(minutes=20))
    assert Appointment.objects.count() == 2


def test_moving_frees_the_old_slot(station: Station) -> None:
    first, second = make_order(), make_order()
    book(first, station.room)
    book(first, station.room, TEN + timedelta(hours=1))
    book(second, station.room)
    first.refresh_from_db()
    assert first.status == ExamState.SCHEDULED
    assert first.steps.get().start == TEN + timedelta(hours=1)
    assert first.events.filter(title="Moved").exists()


def test_overbooking_is_possible_and_flagged_until_moved(station: Station) -> None:
    first, second = make_order(), make_order()
    book(first, station.room)
    book(second, station.room, overbook=True)
    second.refresh_from_db()
    assert second.flags == ["overbooked"]
    book(second, station.room, TEN + timedelta(hours=1))
    second.refresh_from_db()
    assert second.flags == []


@pytest.mark.django_db(transaction=True)
def test_of_two_coordinators_at_the_same_moment_one_gets_the_slot() -> None:
    room = StationFactory.create().room
    orders = [make_order(), make_order()]
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def try_to_book(order: Order) -> None:
        barrier.wait(10)
        try:
            book(order, room)
            outcomes.append("booked")
        except SlotTaken as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=try_to_book, args=(o,)) for o in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["SLOT_TAKEN", "booked"]
    assert Appointment.objects.count() == 1


def test_a_room_without_a_fitting_scanner_is_refused() -> None:
    order = make_order()
    with pytest.raises(NotBookable) as refused:
        book(order, RoomFactory.create())
    assert refused.value.code == "WRONG_ROOM"


def test_a_changed_exam_is_not_booked_on_an_old_view(station: Station) -> None:
    order = make_order()
    with pytest.raises(VersionConflict):
        book(order, station.room, expected_version=order.version - 1)


def test_a_cancelled_exam_is_not_booked(station: Station) -> None:
    order = make_order()
    record_event(order_id=order.pk, event=Event.CANCEL, cause=DESK)
    with pytest.raises(NotBookable):
        book(order, station.room)


def test_a_discontinued_exam_is_reopened_only_by_a_person(
    station: Station, coordinator: User
) -> None:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(status=ExamState.DISCONTINUED)
    with pytest.raises(NotBookable):
        book(order, station.room)
    book_step(
        order_id=order.pk,
        room_id=station.room_id,
        start=TEN,
        cause=Cause(user=coordinator),
    )
    order.refresh_from_db()
    assert order.status == ExamState.SCHEDULED


def test_unbooking_frees_the_room_and_the_exam_is_ordered_again(
    station: Station,
) -> None:
    order = make_order()
    book(order, station.room)
    unbook(order_id=order.pk, cause=DESK, reason="Scanner down")
    order.refresh_from_db()
    assert (order.status, order.scheduled_start) == (ExamState.ORDERED, None)
    assert state_of(order) == AppointmentState.CANCELLED
    book(make_order(), station.room)


def test_no_show_is_kept_and_frees_the_room(station: Station) -> None:
    order = make_order()
    book(order, station.room)
    no_show(order_id=order.pk, cause=DESK)
    assert state_of(order) == AppointmentState.NO_SHOW
    book(make_order(), station.room)


def test_arrival_moves_exam_and_appointment_and_can_be_undone(
    station: Station,
) -> None:
    order = make_order()
    book(order, station.room)
    assert arrive(order_id=order.pk, cause=DESK).status == ExamState.ARRIVED
    assert state_of(order) == AppointmentState.ARRIVED
    with pytest.raises(Refused):
        unbook(order_id=order.pk, cause=DESK, reason="Too late")
    assert undo_arrival(order_id=order.pk, cause=DESK).status == ExamState.SCHEDULED
    assert state_of(order) == AppointmentState.BOOKED


def test_a_walk_in_is_offered_to_every_scanner_of_the_modality() -> None:
    order = arrive(order_id=make_order().pk, cause=DESK)
    step = order.steps.get()
    assert order.status == ExamState.ARRIVED
    assert (step.station, step.station_ae_title, step.modality) == (None, "", "CT")


def placed(**schedule: object) -> Order:
    return make_order(schedule=ScheduleRequest(start=TEN, **schedule))  # type: ignore[arg-type]


def test_an_order_with_its_time_takes_the_named_scanner(station: Station) -> None:
    StationFactory.create(ae_title="CT2_AE")
    order = placed(station_ae_title="CT2_AE", step_id="SPS7")
    assert order.status == ExamState.SCHEDULED
    assert order.station_ae_title == "CT2_AE"
    assert order.steps.get().step_id == "SPS7"


def test_an_order_with_its_time_takes_the_first_free_room(station: Station) -> None:
    other = StationFactory.create(ae_title="CT2_AE")
    assert placed().station_ae_title == "CT1_AE"
    assert placed().station_ae_title == other.ae_title
    third = placed()
    assert third.flags == ["overbooked"]
    assert third.status == ExamState.SCHEDULED


def test_an_unknown_scanner_keeps_its_name_and_gets_no_room() -> None:
    order = placed(station_ae_title="MOBILE9")
    assert order.status == ExamState.SCHEDULED
    assert order.station_ae_title == "MOBILE9"
    assert not Appointment.objects.exists()


def test_without_modality_or_time_nothing_is_booked(station: Station) -> None:
    assert make_order().status == ExamState.ORDERED
    unmapped = make_order(modality="", schedule=ScheduleRequest(start=TEN))
    assert unmapped.status == ExamState.ORDERED


def test_cancelling_the_order_frees_the_slot_and_closes_the_step(
    station: Station,
) -> None:
    order = placed()
    record_event(order_id=order.pk, event=Event.CANCEL, cause=DESK)
    assert state_of(order) == AppointmentState.CANCELLED
    assert order.steps.get().closed
    assert placed().flags == []


def test_a_hold_keeps_the_slot(station: Station) -> None:
    order = placed()
    record_event(order_id=order.pk, event=Event.HOLD, cause=DESK)
    assert state_of(order) == AppointmentState.BOOKED
    assert not order.steps.get().closed


def test_a_scan_after_cancelling_does_not_need_its_slot_back(
    station: Station,
) -> None:
    order = placed()
    record_event(order_id=order.pk, event=Event.CANCEL, cause=DESK)
    placed()
    record_event(order_id=order.pk, event=Event.BEGIN, cause=DESK)
    assert state_of(order) == AppointmentState.STARTED


def test_a_new_time_from_the_sender_moves_the_slot(station: Station) -> None:
    order = placed()
    later = ScheduleRequest(start=TEN + timedelta(minutes=10))
    auto_book(order=order, schedule=later, cause=DESK)
    order.refresh_from_db()
    assert (order.scheduled_start, order.flags) == (later.start, [])
    auto_book(
        order=order,
        schedule=ScheduleRequest(start=TEN, station_ae_title="MOBILE9"),
        cause=DESK,
    )
    order.refresh_from_db()
    assert order.station_ae_title == "MOBILE9"
    assert state_of(order) == AppointmentState.CANCELLED
    assert order.steps.count() == 1
