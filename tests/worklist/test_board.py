"""Lists that people look at: order, filters, constant number of queries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from orders.cause import Cause
from orders.lifecycle import Event, ExamState
from orders.models import Order
from orders.requests import Identifier, ScheduleRequest
from orders.selectors import mrn_of
from orders.services import record_event
from tests.factories import StationFactory, make_order, patient_request
from tests.worklist.example import TEN
from worklist.models import Station
from worklist.selectors import (
    BoardFilter,
    LookAlikes,
    board_orders,
    bookings_of_day,
    counts_by_state,
    free_slots,
    station_list,
)
from worklist.services import arrive, book_step
from worklist.views.rows import exam_rows

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
DESK = Cause(actor="desk")


def at(hour: int, minute: int = 0) -> ScheduleRequest:
    return ScheduleRequest(start=TEN.replace(hour=hour, minute=minute))


def ids(orders: list[Order]) -> list[int]:
    return [order.pk for order in orders]


def test_the_most_urgent_comes_first_then_who_waits_longest() -> None:
    late = make_order(schedule=at(11))
    early = make_order(schedule=at(9))
    urgent = make_order(schedule=at(12), priority="A")
    stat = make_order(schedule=at(13), priority="S")
    assert board_orders(BoardFilter()) == [stat, urgent, early, late]


def test_what_is_done_stands_below_what_waits() -> None:
    waits = make_order(schedule=at(11))
    unread = make_order(schedule=at(10))
    read = make_order(schedule=at(9), priority="S")
    Order.objects.filter(pk__in=[unread.pk, read.pk]).update(status="performed")
    Order.objects.filter(pk=read.pk).update(report_status="final")
    assert ids(board_orders(BoardFilter())) == [waits.pk, unread.pk, read.pk]


def test_the_board_leaves_out_what_is_closed_unless_asked() -> None:
    open_one, closed = make_order(), make_order()
    record_event(order_id=closed.pk, event=Event.CANCEL, cause=DESK)
    assert ids(board_orders(BoardFilter())) == [open_one.pk]
    cancelled = BoardFilter(states=(ExamState.CANCELLED,))
    assert ids(board_orders(cancelled)) == [closed.pk]


def test_the_day_filter_keeps_exams_without_a_time() -> None:
    today = make_order(schedule=at(9))
    make_order(schedule=ScheduleRequest(start=TEN + timedelta(days=1)))
    unscheduled = make_order()
    found = board_orders(BoardFilter(day=DAY))
    assert set(ids(found)) == {today.pk, unscheduled.pk}


@pytest.mark.parametrize(
    "text", ["oka", "Okafor, A", "okafor ada", "700123", "ACC-1", "p-1"]
)
def test_text_finds_names_and_numbers(text: str) -> None:
    ada = make_order(
        patient=patient_request(
            identifiers=(Identifier("700123", "GENHOSP"), Identifier("7", "X", "NI"))
        ),
        accession_number="ACC-1",
        placer_order_number="P-1",
    )
    make_order(patient=patient_request(family_name="Mensah", given_name="Kofi"))
    assert ids(board_orders(BoardFilter(text=text))) == [ada.pk]


def test_the_board_needs_the_same_queries_for_any_length(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(5):
        make_order()
    with django_assert_num_queries(1):
        assert len(exam_rows(board_orders(BoardFilter()), LookAlikes([]))) == 5


def test_counts_name_every_state() -> None:
    make_order()
    make_order(schedule=at(9))
    make_order(schedule=at(10), modality="MR")
    counts = counts_by_state(BoardFilter(modality="CT"))
    assert set(counts) == set(ExamState)
    assert (counts[ExamState.ORDERED], counts[ExamState.SCHEDULED]) == (1, 1)


def test_a_stations_list_has_its_own_steps_and_those_any_may_take(
    station: Station, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    StationFactory.create(ae_title="CT2_AE")
    own = make_order(schedule=at(9))
    make_order(schedule=ScheduleRequest(TEN, station_ae_title="CT2_AE"))
    walk_in = arrive(order_id=make_order().pk, cause=Cause(actor="desk", at=TEN))
    with django_assert_num_queries(2):
        found = [
            (step.order_id, mrn_of(step.order)) for step in station_list(station, DAY)
        ]
    assert [order_id for order_id, _ in found] == [own.pk, walk_in.pk]


def test_the_rooms_bookings_of_a_day(station: Station) -> None:
    booked = make_order(schedule=at(9))
    make_order(schedule=ScheduleRequest(start=TEN + timedelta(days=1)))
    (booking,) = bookings_of_day(DAY, station.room)
    assert booking.step.order_id == booked.pk
    assert booking.during.lower == TEN.replace(hour=9)


def test_free_slots_lie_between_the_bookings(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 3, 2, 8, 2, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    order = make_order()
    book_step(
        order_id=order.pk,
        room_id=station.room_id,
        start=TEN.replace(hour=8, minute=30),
        duration_minutes=20,
        cause=DESK,
    )
    slots = free_slots("CT", DAY, timedelta(minutes=20), limit=3)
    starts = [f"{slot.start:%H:%M}" for slot in slots]
    assert starts == ["08:05", "08:50", "09:10"]
    assert free_slots("MR", DAY, timedelta(minutes=20)) == []
