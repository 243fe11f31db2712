from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Order, OrderEvent
from radflow.sites.models import Site
from radflow.sites.zones import exists, zone_label, zone_labels
from tests.worklist.pages.exams import ordered
from worklist.models import Station
from worklist.selectors import free_slots

WEST = ZoneInfo("America/Los_Angeles")


def _book(client: Client, order: Order, station: Station, **changes: str) -> Any:
    order.refresh_from_db()
    form = {
        "room": str(station.room_id),
        "date": "2027-06-01",
        "time": "09:00",
        "duration": "20",
        "version": str(order.version),
    }
    return client.post(f"/board/{order.pk}/schedule/", {**form, **changes})


def test_the_clock_of_every_page_is_the_sites(in_west: Client) -> None:
    page = in_west.get("/board/").content.decode()
    assert '<meta name="zone" content="America/Los_Angeles">' in page
    assert f"Times in {zone_label(timezone.now().astimezone(WEST))}" in page
    in_west.post("/accounts/preferences/", {"site": "all"})
    page = in_west.get("/board/").content.decode()
    assert '<meta name="zone" content="Europe/Berlin">' in page


def test_nine_o_clock_is_nine_where_the_room_is(
    in_west: Client, ct_west: Station
) -> None:
    order = ordered(mrn="1", accession="ACC1")
    assert _book(in_west, order, ct_west).status_code == 302
    order.refresh_from_db()
    assert order.scheduled_start == datetime(2027, 6, 1, 9, tzinfo=WEST)
    form = in_west.get(f"/board/{order.pk}/schedule/").content.decode()
    assert 'value="09:00"' in form
    assert 'value="2027-06-01"' in form


def test_a_form_means_the_clock_it_was_written_by(
    coord: Client, ct_main: Station, ct_west: Station
) -> None:
    order = ordered(mrn="1", accession="ACC1")
    form = coord.get(f"/board/{order.pk}/schedule/").content.decode()
    assert 'name="zone" value="Europe/Berlin"' in form
    coord.post("/accounts/preferences/", {"site": "WEST"})  # in another window
    _book(coord, order, ct_west, zone="Europe/Berlin")
    order.refresh_from_db()
    berlin = ZoneInfo("Europe/Berlin")
    assert order.scheduled_start == datetime(2027, 6, 1, 9, tzinfo=berlin)


def test_what_is_kept_is_told_by_the_servers_clock(
    in_west: Client, ct_west: Station
) -> None:
    order = ordered(mrn="1", accession="ACC1")
    _book(in_west, order, ct_west)
    told = OrderEvent.objects.filter(order=order, detail__contains="CT WEST")
    assert {event.detail for event in told} == {"01 Jun 2027 18:00 CEST, CT WEST"}


def test_an_hour_that_the_clinic_leaves_out_cannot_be_booked(
    in_west: Client, ct_west: Station
) -> None:
    order = ordered(mrn="1", accession="ACC1")
    refused = _book(in_west, order, ct_west, date="2027-03-14", time="02:30")
    assert refused.status_code == 400
    assert "this time does not exist" in refused.content.decode()
    assert exists(datetime(2027, 3, 14, 2, 30), ZoneInfo("Europe/Berlin"))
    assert _book(in_west, order, ct_west, date="2027-03-14", time="03:30")
    order.refresh_from_db()
    assert order.scheduled_start == datetime(2027, 3, 14, 10, 30, tzinfo=UTC)


def test_where_the_exam_is_stays_on_offer(
    in_west: Client, ct_main: Station, ct_west: Station
) -> None:
    order = ordered(mrn="1", accession="ACC1")
    _book(in_west, order, ct_west)
    in_west.post("/accounts/preferences/", {"site": "MAIN"})
    form = in_west.get(f"/board/{order.pk}/schedule/").content.decode()
    assert "CT WEST, West Clinic" in form
    assert "The clocks at West Clinic show" in form


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        # By Berlin's clock the clinic is open from 16:00, and until 04:00 of the next.
        ((2027, 6, 1), "00:00", "23:00"),
        # In these two weeks California has changed its clocks and Berlin has not.
        ((2027, 3, 16), "00:00", "23:00"),
    ],
)
def test_free_times_keep_the_hours_of_the_room(
    ct_west: Station, day: tuple[int, int, int], first: str, last: str
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    slots = free_slots("CT", datetime(*day).date(), timedelta(hours=1), limit=99)
    starts = [slot.start.astimezone(berlin) for slot in slots]
    assert f"{starts[0]:%H:%M}" == first
    assert f"{starts[-1]:%H:%M}" == last
    assert {slot.start.astimezone(WEST).hour for slot in slots} == set(range(7, 19))


def test_labels_follow_the_season_and_never_are_bare_numbers() -> None:
    assert zone_labels(WEST, 2026) == {"GMT-08:00": "PST", "GMT-07:00": "PDT"}
    assert zone_labels(UTC, 2026) == {"GMT": "UTC"}
    brazil = datetime(2026, 1, 1, tzinfo=ZoneInfo("America/Sao_Paulo"))
    assert zone_label(brazil) == "UTC-03"


def test_a_zone_that_is_none_is_refused(main: Site) -> None:
    from django.core.exceptions import ValidationError

    main.time_zone = "Mars/Olympus"
    with pytest.raises(ValidationError, match="no such zone"):
        main.full_clean()
