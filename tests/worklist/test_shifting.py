"""Several bookings at once: swapped, put in between, booked as a series."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from orders.exceptions import OrderError, VersionConflict
from orders.lifecycle import ExamState, Refused
from orders.models import Order, SequenceRule
from orders.requests import Code, Identifier
from tests.factories import StationFactory, make_order, patient_request
from tests.worklist.planning import DESK, book, monday, procedure
from worklist.exceptions import NotBookable, SlotTaken, WorklistError
from worklist.models import Appointment, Station
from worklist.selectors import Wishes
from worklist.services import (
    arrive,
    book_series,
    book_step,
    insert,
    plan_series,
    propose_insertion,
    swap,
)

pytestmark = pytest.mark.django_db


def placed(station: Station, hour: int, minute: int = 0, **more: object) -> Order:
    order = make_order()
    book(station.room, monday(hour, minute), order, **more)
    order.refresh_from_db()
    return order


def start_of(order: Order) -> str:
    order.refresh_from_db()
    assert order.scheduled_start is not None
    return f"{order.scheduled_start:%H:%M}"


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Each in its own thread; how each ended."""
    barrier = threading.Barrier(len(acts))
    outcomes: list[str] = []

    def run(act: Callable[[], object]) -> None:
        barrier.wait(10)
        try:
            act()
            outcomes.append("done")
        except (WorklistError, OrderError) as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcomes)


def test_two_exams_change_places_and_both_are_told(station: Station) -> None:
    other = StationFactory.create(ae_title="CT2_AE")
    first, second = placed(station, 9), placed(other, 11)
    swap(first_id=first.pk, second_id=second.pk, cause=DESK)
    assert (start_of(first), start_of(second)) == ("11:00", "09:00")
    assert (first.station_ae_title, second.station_ae_title) == ("CT2_AE", "CT1_AE")
    assert not Appointment.objects.filter(overbooked=True).exists()
    assert first.flags == second.flags == []
    assert first.events.filter(title="Moved").exists()
    assert second.events.filter(title="Moved").exists()


def test_one_too_long_for_the_others_place_changes_nothing(station: Station) -> None:
    long = placed(station, 9, duration_minutes=60)
    short = placed(station, 11)
    placed(station, 11, 20)
    with pytest.raises(SlotTaken):
        swap(first_id=long.pk, second_id=short.pk, cause=DESK)
    assert (start_of(long), start_of(short)) == ("09:00", "11:00")
    assert not Appointment.objects.filter(overbooked=True).exists()


def test_two_of_one_patient_swap_though_each_is_where_the_other_was(
    station: Station,
) -> None:
    ada = patient_request(identifiers=(Identifier("700002", "GENHOSP"),))
    first, second = make_order(patient=ada), make_order(patient=ada)
    book(station.room, monday(9), first)
    book(station.room, monday(10), second)
    swap(first_id=first.pk, second_id=second.pk, cause=DESK)
    assert (start_of(first), start_of(second)) == ("10:00", "09:00")


def test_what_has_no_slot_or_has_begun_is_not_swapped(station: Station) -> None:
    first = placed(station, 9)
    with pytest.raises(NotBookable):
        swap(first_id=first.pk, second_id=make_order().pk, cause=DESK)
    with pytest.raises(NotBookable):
        swap(first_id=first.pk, second_id=first.pk, cause=DESK)
    second = placed(station, 10)
    Order.objects.filter(pk=second.pk).update(status=ExamState.IN_PROGRESS)
    with pytest.raises(Refused):
        swap(first_id=first.pk, second_id=second.pk, cause=DESK)


def test_a_swap_on_an_old_view_is_refused(station: Station) -> None:
    first, second = placed(station, 9), placed(station, 10)
    seen = {first.pk: first.version, second.pk: second.version - 1}
    with pytest.raises(VersionConflict):
        swap(first_id=first.pk, second_id=second.pk, versions=seen, cause=DESK)


@pytest.mark.django_db(transaction=True)
def test_a_swap_racing_a_move_leaves_one_truth() -> None:
    station = StationFactory.create()
    first, second = placed(station, 9), placed(station, 10)
    seen = {first.pk: first.version, second.pk: second.version}

    def moved() -> object:
        return book_step(
            order_id=second.pk,
            room_id=station.room_id,
            start=monday(14),
            expected_version=seen[second.pk],
            cause=DESK,
        )

    outcomes = at_once(
        lambda: swap(first_id=first.pk, second_id=second.pk, versions=seen, cause=DESK),
        moved,
    )
    assert outcomes == sorted(["done", VersionConflict.code])
    where = (start_of(first), start_of(second))
    assert where in {("10:00", "09:00"), ("09:00", "14:00")}
    assert not Appointment.objects.filter(overbooked=True).exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_swap_twice_at_once_happens_once() -> None:
    station = StationFactory.create()
    first, second = placed(station, 9), placed(station, 10)
    seen = {first.pk: first.version, second.pk: second.version}

    def one_way() -> object:
        return swap(first_id=first.pk, second_id=second.pk, versions=seen, cause=DESK)

    def other_way() -> object:
        return swap(first_id=second.pk, second_id=first.pk, versions=seen, cause=DESK)

    assert at_once(one_way, other_way) == sorted(["done", VersionConflict.code])
    assert (start_of(first), start_of(second)) == ("10:00", "09:00")


def test_an_insertion_says_who_makes_place_and_then_does_that(
    station: Station,
) -> None:
    nine, twenty = placed(station, 9), placed(station, 9, 20)
    free_again = placed(station, 10, 30)
    stat = make_order(priority="S")
    found = propose_insertion(order=stat, room=station.room, start=monday(9))
    assert [(one.order.pk, one.minutes) for one in found.shifts] == [
        (nine.pk, 20),
        (twenty.pk, 20),
    ]
    assert start_of(nine) == "09:00"
    insert(
        order_id=stat.pk,
        room_id=station.room_id,
        start=monday(9),
        mark=found.mark,
        cause=DESK,
    )
    assert [start_of(one) for one in (stat, nine, twenty, free_again)] == [
        "09:00",
        "09:20",
        "09:40",
        "10:30",
    ]
    assert not Appointment.objects.filter(overbooked=True).exists()


def test_who_has_arrived_or_started_is_never_moved(station: Station) -> None:
    here = placed(station, 9)
    arrive(order_id=here.pk, cause=DESK)
    waits = placed(station, 9, 20)
    stat = make_order()
    found = propose_insertion(order=stat, room=station.room, start=monday(9))
    assert f"{found.start:%H:%M}" == "09:20"
    assert [one.order.pk for one in found.shifts] == [waits.pk]
    insert(
        order_id=stat.pk,
        room_id=station.room_id,
        start=monday(9),
        mark=found.mark,
        cause=DESK,
    )
    assert (start_of(here), start_of(waits)) == ("09:00", "09:40")


def test_what_was_not_shown_is_not_done(station: Station) -> None:
    nine = placed(station, 9)
    stat = make_order()
    found = propose_insertion(order=stat, room=station.room, start=monday(9))
    arrive(order_id=nine.pk, cause=DESK)
    with pytest.raises(VersionConflict):
        insert(
            order_id=stat.pk,
            room_id=station.room_id,
            start=monday(9),
            mark=found.mark,
            cause=DESK,
        )
    stat.refresh_from_db()
    assert (stat.status, start_of(nine)) == (ExamState.ORDERED, "09:00")


def test_an_insertion_warns_of_what_a_shift_offends(station: Station) -> None:
    from tests.worklist.planning import open_on

    open_on(station.room, 0, "08:00", "09:40")
    placed(station, 9)
    last = placed(station, 9, 20)
    found = propose_insertion(order=make_order(), room=station.room, start=monday(9))
    warned = {one.order.pk: one.warnings for one in found.shifts}
    assert "closed" in warned[last.pk][0]


@pytest.mark.django_db(transaction=True)
def test_an_insertion_racing_a_booking_never_books_over_it() -> None:
    station = StationFactory.create()
    nine = placed(station, 9)
    stat, other = make_order(), make_order()
    found = propose_insertion(order=stat, room=station.room, start=monday(9))
    outcomes = at_once(
        lambda: insert(
            order_id=stat.pk,
            room_id=station.room_id,
            start=monday(9),
            mark=found.mark,
            cause=DESK,
        ),
        lambda: book(station.room, monday(9, 20), other),
    )
    assert outcomes in (
        sorted(["done", SlotTaken.code]),
        sorted(["done", VersionConflict.code]),
    )
    assert not Appointment.objects.filter(overbooked=True).exists()
    assert start_of(nine) in {"09:00", "09:20"}


def of_ada(*codes: str) -> list[Order]:
    ada = patient_request(identifiers=(Identifier("700003", "GENHOSP"),))
    return [
        make_order(patient=ada, procedure=Code(code, "", "99RADFLOW")) for code in codes
    ]


def week() -> Wishes:
    return Wishes(monday(0), monday(0, days=21))


def test_a_series_is_planned_in_the_order_that_the_rules_allow(
    station: Station,
) -> None:
    procedure("BAR", sequence_classes="barium")
    procedure("ABD", sequence_classes="abdomen")
    SequenceRule.objects.create(earlier="barium", later="abdomen", hours=96)
    barium, abdomen = of_ada("BAR", "ABD")
    plan = plan_series([barium, abdomen], week())
    assert [one.order.pk for one in plan] == [abdomen.pk, barium.pk]
    assert plan[1].slot.start >= plan[0].slot.end
    places = [(one.order.pk, one.slot.room.pk, one.slot.start) for one in plan]
    book_series(places=places, cause=DESK)
    assert (start_of(abdomen), start_of(barium)) == ("07:00", "07:20")


def test_a_series_of_every_few_days_keeps_its_distance(station: Station) -> None:
    orders = of_ada("A", "B", "C")
    plan = plan_series(orders, week(), every_days=7)
    days = [one.slot.start.date() for one in plan]
    assert days == [(monday() + timedelta(days=n)).date() for n in (0, 7, 14)]


def test_a_series_is_booked_whole_or_not_at_all(station: Station) -> None:
    first, second = of_ada("A", "B")
    plan = plan_series([first, second], week())
    places = [(one.order.pk, one.slot.room.pk, one.slot.start) for one in plan]
    book(station.room, plan[1].slot.start)
    with pytest.raises(SlotTaken):
        book_series(places=places, cause=DESK)
    first.refresh_from_db()
    assert first.status == ExamState.ORDERED
    assert first.scheduled_start is None


def test_one_exam_is_no_series_and_no_time_is_said(station: Station) -> None:
    (only,) = of_ada("A")
    with pytest.raises(NotBookable):
        plan_series([only], week())
    with pytest.raises(NotBookable) as refused:
        now = timezone.now()
        plan_series(of_ada("B", "C"), Wishes(now, now))
    assert refused.value.code == "NO_FREE_TIME"
