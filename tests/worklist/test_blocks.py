"""Rooms are closed by their hours and blocked by people; bookings keep to both."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connections

from orders.cause import Cause
from orders.requests import ScheduleRequest
from radflow.accounts.models import User
from tests.factories import RoomFactory, SiteFactory, StationFactory, make_order
from tests.worklist.planning import DESK, book, monday, open_on
from worklist.exceptions import NotBookable, WorklistError
from worklist.models import Appointment, BlockKind, Room, RoomBlock, Station
from worklist.reconciliation import _displaced
from worklist.selectors.hours import Span, closed_spans, open_spans, span_on
from worklist.services import block, book_step, unblock
from worklist.services.blocks import BlockRefused, Displaces
from worklist.services.rooms import HoursRefused, Interval, set_hours

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def blocked(room: Room, start: datetime, end: datetime, **more: object) -> RoomBlock:
    return block(
        room_id=room.pk,
        start=start,
        end=end,
        kind=BlockKind.MAINTENANCE,
        cause=DESK,
        **more,  # type: ignore[arg-type]
    )


def test_a_booking_into_a_block_is_refused_and_told_until_when(
    station: Station,
) -> None:
    blocked(station.room, monday(9), monday(11), reason="Tube change")
    with pytest.raises(NotBookable) as refused:
        book(station.room, monday(10, 50))
    assert refused.value.code == "ROOM_BLOCKED"
    assert "09:00" in refused.value.text
    assert "Maintenance. Tube change" in refused.value.text
    book(station.room, monday(11))


def test_a_booking_outside_the_hours_is_refused_and_told_when_it_opens(
    station: Station,
) -> None:
    open_on(station.room, 0, "08:00", "12:00")
    open_on(station.room, 0, "13:00", "17:00")
    with pytest.raises(NotBookable) as refused:
        book(station.room, monday(11, 50))
    assert refused.value.code == "ROOM_CLOSED"
    book(station.room, monday(11, 40))
    book(station.room, monday(13))
    with pytest.raises(NotBookable):
        book(station.room, monday(10, days=1))


def test_who_may_overbook_says_why_and_the_exam_is_flagged(
    station: Station, coordinator: User
) -> None:
    blocked(station.room, monday(9), monday(11))
    order, cause = make_order(), Cause(user=coordinator)
    with pytest.raises(NotBookable) as refused:
        book(station.room, monday(), order, overbook=True, cause=cause)
    assert refused.value.code == "REASON_MISSING"
    book(station.room, monday(), order, overbook=True, why="Trauma", cause=cause)
    order.refresh_from_db()
    held = Appointment.objects.get()
    assert order.flags == ["room_shut"]
    assert (held.overbooked, held.overbooked_why) == (False, "Trauma")
    assert order.events.filter(detail__contains="Overbooked: Trauma").exists()
    book(station.room, monday(12), order)
    order.refresh_from_db()
    assert order.flags == []


def test_who_may_not_overbook_is_told(station: Station, technologist: User) -> None:
    with pytest.raises(NotBookable) as refused:
        book(
            station.room,
            monday(),
            overbook=True,
            why="Because",
            cause=Cause(user=technologist),
        )
    assert refused.value.code == "OVERBOOK_RIGHT"


def test_a_sender_outside_is_not_refused_but_flagged(station: Station) -> None:
    blocked(station.room, monday(9), monday(11))
    order = make_order(schedule=ScheduleRequest(start=monday()))
    assert order.flags == ["room_shut"]
    other = StationFactory.create(ae_title="CT2_AE")
    assert make_order(schedule=ScheduleRequest(start=monday())).flags == []
    assert other.steps.count() == 1


def test_a_block_over_bookings_names_them_and_they_stay(station: Station) -> None:
    order = make_order()
    book(station.room, monday(), order)
    with pytest.raises(Displaces) as refused:
        blocked(station.room, monday(9), monday(11))
    assert refused.value.orders == [order.pk]
    assert not RoomBlock.objects.exists()
    made = blocked(station.room, monday(9), monday(11), displaces=[order.pk])
    order.refresh_from_db()
    assert (order.flags, order.scheduled_start) == (["room_shut"], monday())
    (displaced,) = _displaced()
    assert displaced.action.url == f"/board/{order.pk}/schedule/"
    assert order.events.filter(title="Room blocked at its time").exists()
    unblock(block_id=made.pk, cause=DESK)
    order.refresh_from_db()
    assert order.flags == []
    with pytest.raises(BlockRefused):
        unblock(block_id=made.pk, cause=DESK)


def test_a_block_that_is_none_is_refused(station: Station) -> None:
    with pytest.raises(BlockRefused):
        blocked(station.room, monday(11), monday(9))
    with pytest.raises(BlockRefused):
        blocked(station.room, monday(days=-30), monday(days=-29))


@pytest.mark.django_db(transaction=True)
def test_a_block_and_a_booking_at_once_never_both_pass_unseen() -> None:
    room = StationFactory.create().room
    order = make_order()
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def run(act: str) -> None:
        barrier.wait(10)
        try:
            if act == "block":
                blocked(room, monday(9), monday(11))
            else:
                book(room, monday(), order)
            outcomes.append(act)
        except WorklistError as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(a,)) for a in ("block", "book")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) in (["DISPLACES", "book"], ["ROOM_BLOCKED", "block"])


def test_hours_across_midnight_are_one_span(db: None) -> None:
    room = RoomFactory.create()
    open_on(room, 0, "20:00", "00:00")
    open_on(room, 1, "00:00", "06:00")
    open_on(room, 2, "22:00", "02:00")
    window = Span(monday(0), monday(0, days=7))
    spans = open_spans([room], window)[room.pk]
    assert spans == [
        Span(monday(20), monday(6, days=1)),
        Span(monday(22, days=2), monday(2, days=3)),
    ]
    assert len(closed_spans(spans, window)) == 3
    StationFactory.create(room=room)
    book(room, monday(23, 50))
    with pytest.raises(NotBookable):
        book(room, monday(1, 50, days=3))


def test_the_night_of_the_changed_hour_is_as_long_as_it_is() -> None:
    night = time(22), time(6), BERLIN
    spring = span_on(datetime(2027, 3, 27).date(), *night)
    autumn = span_on(datetime(2027, 10, 30).date(), *night)
    assert spring.end - spring.start == 7 * HOUR
    assert autumn.end - autumn.start == 9 * HOUR
    skipped = span_on(datetime(2027, 3, 27).date(), time(22), time(2, 30), BERLIN)
    twice = span_on(datetime(2027, 10, 30).date(), time(22), time(2, 30), BERLIN)
    assert skipped.end == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert twice.end == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_a_booking_in_the_hour_that_comes_twice_keeps_its_length() -> None:
    site = SiteFactory.create(code="BER", name="Berlin", time_zone="Europe/Berlin")
    room = RoomFactory.create(site=site)
    StationFactory.create(room=room)
    open_on(room, 5, "22:00", "06:00")
    start = datetime(2027, 10, 31, 0, 50, tzinfo=UTC)  # 02:50, the first time
    book(room, start)
    held = Appointment.objects.get()
    assert held.during.upper - held.during.lower == timedelta(minutes=20)
    book(room, datetime(2027, 10, 31, 4, 40, tzinfo=UTC))
    with pytest.raises(NotBookable):
        book(room, datetime(2027, 10, 31, 4, 50, tzinfo=UTC))


def test_hours_that_run_into_each_other_are_refused(
    station: Station, administrator: User
) -> None:
    def hours(*intervals: Interval) -> None:
        set_hours(room=station.room, intervals=intervals, by=administrator)

    hours(Interval(0, time(8), time(12)), Interval(0, time(12), time(17)))
    assert station.room.hours.count() == 2
    with pytest.raises(HoursRefused):
        hours(Interval(0, time(8), time(12)), Interval(0, time(11), time(17)))
    with pytest.raises(HoursRefused):
        hours(Interval(6, time(20), time(6)), Interval(0, time(5), time(12)))
    assert station.room.hours.count() == 2
    hours()
    book_step(
        order_id=make_order().pk,
        room_id=station.room_id,
        start=monday(3),
        cause=DESK,
    )
