"""Who manages rooms keeps each on one page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from orders.models import Order
from radflow.accounts.models import User
from tests.factories import SiteFactory, make_order
from tests.worklist.pages.markup import text_of
from tests.worklist.planning import book, monday
from worklist.models import Room, RoomBlock, RoomFeed, Station

pytestmark = pytest.mark.django_db


def page_of(station: Station) -> str:
    return f"/rooms/{station.room_id}/"


def test_a_room_is_added_and_changed(at_board: Client) -> None:
    site = SiteFactory.create()
    values = {"name": "MR 1", "site": site.pk, "position": 3, "enabled": "on"}
    text_of(at_board.get("/rooms/new/"))
    assert at_board.post("/rooms/new/", values).status_code == 302
    room = Room.objects.get(name="MR 1")
    assert "MR 1" in text_of(at_board.get("/rooms/"))
    changed = {**values, "name": "MR 2"}
    assert at_board.post(f"/rooms/{room.pk}/basics/", changed).status_code == 302
    room.refresh_from_db()
    assert room.name == "MR 2"
    bad = at_board.post(f"/rooms/{room.pk}/basics/", {**changed, "name": ""})
    assert bad.status_code == 400
    assert "This field is required" in text_of(bad)


def test_scanners_are_kept_on_the_page(at_board: Client, ct1: Station) -> None:
    form = {
        "stations-TOTAL_FORMS": 2,
        "stations-INITIAL_FORMS": 1,
        "stations-0-id": ct1.pk,
        "stations-0-room": ct1.room_id,
        "stations-0-name": "CT1",
        "stations-0-ae_title": "CT1_AE",
        "stations-0-modality": "ct",
        "stations-0-charset": "ISO_IR 100",
        "stations-0-enabled": "on",
        "stations-1-name": "US1",
        "stations-1-ae_title": "US1_AE",
        "stations-1-modality": "US",
        "stations-1-charset": "ISO_IR 192",
        "stations-1-enabled": "on",
    }
    address = f"{page_of(ct1)}scanners/"
    assert at_board.post(address, form).status_code == 302
    kept = Station.objects.order_by("pk").values_list("ae_title", "charset")
    assert list(kept) == [("CT1_AE", "ISO_IR 100"), ("US1_AE", "ISO_IR 192")]
    bad = at_board.post(address, {**form, "stations-1-ae_title": "A\\B"})
    assert bad.status_code == 400
    assert "without backslash" in text_of(bad)


def test_hours_are_kept_on_the_page(at_board: Client, ct1: Station) -> None:
    address = f"{page_of(ct1)}hours/"
    form = {"opens-0-0": "08:00", "closes-0-0": "12:00", "opens-0-1": "13:00"}
    half = at_board.post(address, form)
    assert half.status_code == 400
    assert "Say both times" in text_of(half)
    whole = {**form, "closes-0-1": "17:00"}
    assert at_board.post(address, whole).status_code == 302
    shown = at_board.get(page_of(ct1)).content.decode()
    assert re.search(r'name="opens-0-1" value="13:00"', shown)
    overlap = {**whole, "opens-0-1": "11:00"}
    assert "overlap" in text_of(at_board.post(address, overlap))
    assert ct1.room.hours.count() == 2


def test_a_block_shows_what_it_displaces_before_it_is_made(
    at_board: Client, ct1: Station
) -> None:
    order = make_order()
    book(ct1.room, monday(), order)
    address = f"{page_of(ct1)}block/"
    form = {
        "start": f"{monday(9):%Y-%m-%dT%H:%M}",
        "end": f"{monday(11):%Y-%m-%dT%H:%M}",
        "kind": "maintenance",
        "reason": "Tube",
    }
    first = at_board.post(address, form)
    assert first.status_code == 409
    assert order.accession_number in text_of(first)
    assert not RoomBlock.objects.exists()
    named = re.search(r'name="displaces" value="([^"]*)"', first.content.decode())
    assert named
    again = at_board.post(address, {**form, "displaces": named[1]})
    assert again.status_code == 302
    made = RoomBlock.objects.get()
    assert (made.during.lower, made.made_by_name) == (monday(9), made.made_by_name)
    assert "Maintenance: Tube" in text_of(at_board.get(page_of(ct1)))
    order.refresh_from_db()
    assert order.flags == ["room_shut"]
    assert at_board.post(f"/rooms/blocks/{made.pk}/end/").status_code == 302
    order.refresh_from_db()
    assert order.flags == []


def test_a_block_is_read_by_the_clock_of_the_room(
    at_board: Client, ct1: Station
) -> None:
    SiteFactory.create()
    ct1.room.site.time_zone = "America/Los_Angeles"
    ct1.room.site.save()
    form = {"start": "2031-07-01T08:00", "end": "2031-07-01T09:00", "kind": "qa"}
    assert at_board.post(f"{page_of(ct1)}block/", form).status_code == 302
    assert f"{RoomBlock.objects.get().during.lower:%H:%M}" == "15:00"
    assert "08:00" in text_of(at_board.get(page_of(ct1)))


def test_the_address_of_the_calendar_is_shown_once(
    at_board: Client, client: Client, ct1: Station
) -> None:
    answer = at_board.post(f"{page_of(ct1)}calendar/")
    found = re.search(
        r"http://testserver(/calendars/\S+\.ics)", text := (answer.content.decode())
    )
    assert found, text
    assert client.get(found[1]).status_code == 200
    assert "/calendars/" not in at_board.get(page_of(ct1)).content.decode()
    at_board.post(f"{page_of(ct1)}calendar/off/")
    assert not RoomFeed.objects.exists()
    assert client.get(found[1]).status_code == 404


@pytest.mark.parametrize(
    "act", ["basics", "scanners", "hours", "calendar", "calendar/off", "block"]
)
def test_others_change_no_room(
    client_for: Callable[[User], Client], technologist: User, ct1: Station, act: str
) -> None:
    client = client_for(technologist)
    assert client.post(f"{page_of(ct1)}{act}/").status_code == 403
    assert client.get(page_of(ct1)).status_code == 403


def test_an_exam_of_the_day_is_printed(
    at_board: Client, exam: Order, ct1: Station
) -> None:
    assert "ACC1" in text_of(at_board.get(f"{page_of(ct1)}day/"))
