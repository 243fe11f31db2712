"""The room board as the server draws it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from orders.lifecycle import Event
from orders.models import Order
from orders.services import record_event
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.factories import RoomFactory, SiteFactory, StationFactory
from tests.worklist.pages.exams import DESK, booked, noon, ordered
from tests.worklist.pages.markup import text_of
from worklist.models import Appointment, Room, Station
from worklist.selectors.closing import ClosedSpan
from worklist.services import arrive, book_step

pytestmark = pytest.mark.django_db


def column_of(html: str, room: Room) -> str:
    start = html.index(f'data-room="{room.pk}"')
    return html[start : html.index("</section>", start)]


def test_a_room_is_a_column_and_a_booking_a_block_in_it(
    at_board: Client, exam: Order, ct1: Station, ct2: Station
) -> None:
    response = at_board.get("/schedule/")
    text = text_of(response)
    for shown in ("CT 1", "CT 2", "Okafor", "12:00", "Scheduled", "ACC1"):
        assert shown in text
    html = response.content.decode()
    assert "h-12 m-0 dh-0 dm-4" in column_of(html, ct1.room)
    assert "Nothing booked" in column_of(html, ct2.room)
    assert "1 booked" in column_of(html, ct1.room)


def test_the_address_holds_day_range_hours_and_filter(
    at_board: Client, exam: Order, ct1: Station
) -> None:
    tomorrow = f"{noon() + timedelta(days=1):%Y-%m-%d}"
    assert "Okafor" not in text_of(at_board.get("/schedule/", {"date": tomorrow}))
    week = text_of(at_board.get("/schedule/", {"view": "week"}))
    assert "Okafor" in week
    night = at_board.get("/schedule/", {"hours": "all"}).content.decode()
    assert "from-0 to-24" in night
    assert "from-7 to-19" in at_board.get("/schedule/").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "date=x",
        "date=9999-12-31",
        "date=2026-02-30",
        "view=x&room=x&page=x",
        "room=99999999999999999999",
        "page=999&modality=%00",
    ],
)
def test_an_address_with_nonsense_still_shows_a_board(
    at_board: Client, ct1: Station, query: str
) -> None:
    assert at_board.get(f"/schedule/?{query}").status_code == 200
    assert at_board.get(f"/schedule/tray/?{query}").status_code == 200


def test_the_hours_reach_to_what_is_booked(at_board: Client, ct1: Station) -> None:
    booked(ct1, mrn="1", accession="A1", minutes=9 * 60)
    html = at_board.get("/schedule/").content.decode()
    assert "from-7 to-22" in html


def test_two_at_once_stand_side_by_side_and_say_so(
    at_board: Client, exam: Order, ct1: Station
) -> None:
    other = ordered(mrn="2", accession="ACC2", family="Zander")
    book_step(
        order_id=other.pk,
        room_id=ct1.room_id,
        start=noon(10),
        cause=DESK,
        overbook=True,
    )
    html = at_board.get("/schedule/").content.decode()
    assert html.count("of-2 lane-0") == html.count("of-2 lane-1") == 1
    assert "2 at the same time" in html


def test_one_after_another_do_not(at_board: Client, exam: Order, ct1: Station) -> None:
    booked(ct1, mrn="2", accession="ACC2", family="Zander", minutes=20)
    html = at_board.get("/schedule/").content.decode()
    assert "lane-" not in html
    assert "at the same time" not in html


def test_a_short_exam_has_room_for_its_name(at_board: Client, ct1: Station) -> None:
    for number, minutes in (("1", 0), ("2", 5)):
        order = ordered(mrn=number, accession=f"A{number}")
        book_step(
            order_id=order.pk,
            room_id=ct1.room_id,
            start=noon(minutes),
            duration_minutes=5,
            cause=DESK,
        )
    html = at_board.get("/schedule/").content.decode()
    assert html.count("dh-0 dm-2 of-2") == 2
    assert "data-double" not in html


def test_what_has_begun_is_shown_and_not_moved(at_board: Client, exam: Order) -> None:
    html = at_board.get("/schedule/").content.decode()
    assert html.count("data-movable") == 1
    arrive(order_id=exam.pk, cause=DESK)
    record_event(order_id=exam.pk, event=Event.BEGIN, cause=DESK)
    html = at_board.get("/schedule/").content.decode()
    assert "In progress" in html
    assert f'href="/orders/{exam.pk}/"' in html
    assert "data-movable" not in html


def test_closed_times_are_hatched_with_their_reason(
    at_board: Client, ct1: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lunch(rooms: Any, day: Any) -> list[ClosedSpan]:
        return [ClosedSpan(ct1.room_id, noon(), noon(30), "Lunch <b>")]

    monkeypatch.setattr("worklist.views.planner.closed_spans", lunch)
    html = at_board.get("/schedule/").content.decode()
    assert 'sched-closed h-12 m-0 dh-0 dm-6" data-first="720"' in html
    assert "Lunch &lt;b&gt;" in html


def test_the_tray_has_who_waits_stat_first_then_oldest(
    at_board: Client, ct1: Station
) -> None:
    ordered(mrn="1", accession="A1", family="First")
    ordered(mrn="2", accession="A2", family="Second")
    ordered(mrn="3", accession="A3", family="Urgent", priority="S")
    ordered(mrn="4", accession="A4", family="Nowhere", modality="")
    text = text_of(at_board.get("/schedule/tray/"))
    names = re.findall(r"First|Second|Urgent|Nowhere", text)
    assert [name for name in names if name] == ["Urgent", "First", "Second"]
    assert "Unscheduled 3" in text


def test_the_tray_is_paged_and_narrowed_to_a_modality(
    at_board: Client, ct1: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worklist.views.planner_tray.PAGE", 1)
    ordered(mrn="1", accession="A1", family="Tomo")
    ordered(mrn="2", accession="A2", family="Magnus", modality="MR")
    ordered(mrn="3", accession="A3", family="Tomothy")
    assert "1 to 1 of 3" in text_of(at_board.get("/schedule/tray/"))
    only = text_of(at_board.get("/schedule/tray/?modality=MR"))
    assert "Magnus" in only
    assert "Tomo" not in only
    assert "Tomothy" in text_of(at_board.get("/schedule/tray/?page=3"))
    gone = text_of(at_board.get("/schedule/tray/?modality=XA"))
    assert "No exam of this modality waits" in gone


def test_a_script_that_books_is_told_and_stays_on_its_page(
    at_board: Client, ct1: Station
) -> None:
    order = ordered(mrn="1", accession="A1")
    values = {
        "room": ct1.room_id,
        "date": f"{noon():%Y-%m-%d}",
        "time": "12:00",
        "duration": 20,
        "version": order.version,
        "next": "/schedule/?date=2026-11-28",
    }
    address = f"/board/{order.pk}/schedule/"
    response = at_board.post(address, values, headers={"X-Fragment": "1"})
    assert response.status_code == 200
    html = response.content.decode()
    assert "Booked" in html
    assert 'action="/desk/undo/' in html
    assert 'value="/schedule/?date=2026-11-28"' in html
    assert Appointment.objects.get().room_id == ct1.room_id


def test_rooms_of_other_sites_are_left_out(
    at_board: Client, coordinator: User, ct1: Station
) -> None:
    west = SiteFactory.create(code="WEST", name="West", time_zone="UTC")
    StationFactory.create(room=RoomFactory.create(name="West 1", site=west))
    everywhere = text_of(at_board.get("/schedule/"))
    assert "CT 1" in everywhere
    assert "West 1" in everywhere
    coordinator.site = west
    coordinator.save()
    there = text_of(at_board.get("/schedule/"))
    assert "West 1" in there
    assert "CT 1" not in there


def test_without_rooms_the_page_says_what_to_do(at_board: Client) -> None:
    assert "No room is open" in text_of(at_board.get("/schedule/"))


def test_blocks_stand_at_the_hour_of_the_wall_clock_on_the_night_of_the_change(
    at_board: Client, coordinator: User, ct1: Station
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    order = ordered(mrn="1", accession="A1")
    start = datetime(2027, 3, 28, 4, 0, tzinfo=berlin)
    book_step(order_id=order.pk, room_id=ct1.room_id, start=start, cause=DESK)
    coordinator.site = SiteFactory.create(code="EAST", time_zone="Europe/Berlin")
    coordinator.save()
    Room.objects.filter(pk=ct1.room_id).update(site=coordinator.site)
    html = at_board.get("/schedule/?date=2027-03-28").content.decode()
    assert "ev h-4 m-0" in html


def test_people_of_similar_names_are_marked_in_column_and_tray(
    at_board: Client, exam: Order, ct1: Station
) -> None:
    ordered(mrn="2", accession="ACC2", family="Okaford")
    assert text_of(at_board.get("/schedule/")).count("Similar name") == 2
    day = f"{noon():%Y-%m-%d}"
    part = at_board.get(f"/schedule/column/?of={ct1.room_id}&on={day}&from=7&to=19")
    assert text_of(part).count("Similar name") == 1


def test_a_column_comes_alone_and_counts_what_lies_outside_its_hours(
    at_board: Client, exam: Order, ct1: Station
) -> None:
    day = f"{noon():%Y-%m-%d}"
    address = f"/schedule/column/?of={ct1.room_id}&on={day}"
    assert "Okafor" in text_of(at_board.get(f"{address}&from=7&to=19"))
    late = text_of(at_board.get(f"{address}&from=13&to=19"))
    assert "Okafor" not in late
    assert "1 at other hours" in late
    assert at_board.get("/schedule/column/?of=0").status_code == 404


def test_what_was_seen_is_on_record(
    at_board: Client, exam: Order, coordinator: User
) -> None:
    at_board.get("/schedule/")
    entry = AuditEntry.objects.get(action="planner_viewed")
    assert (entry.actor_id, entry.detail) == (coordinator.pk, {"orders": [exam.pk]})


@pytest.mark.parametrize("path", ["", "tray/", "grasps/", "column/?of=1"])
@pytest.mark.parametrize("person", ["technologist", "referrer", "outsider"])
def test_the_schedule_is_for_who_may_change_it(
    request: pytest.FixtureRequest,
    client_for: Callable[[User], Client],
    path: str,
    person: str,
) -> None:
    client = client_for(request.getfixturevalue(person))
    assert client.get(f"/schedule/{path}").status_code == 403


def test_names_are_text_never_markup(at_board: Client, ct1: Station) -> None:
    booked(ct1, mrn="1", accession="A1", family="<img src=x>", given='"&<b>')
    ordered(mrn="2", accession="A2", family="<img src=x>", given='"&<b>')
    assert "<img" not in at_board.get("/schedule/").content.decode()
