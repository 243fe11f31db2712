from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.cause import Cause
from orders.lifecycle import Event
from orders.services import record_event
from radflow.accounts.models import User
from radflow.sites.models import Site
from reports.services import open_case
from tests.factories import SiteFactory
from tests.worklist.pages.exams import booked, ordered
from worklist.models import Station

ClientFor = Callable[[User], Client]


@pytest.fixture
def three(ct_main: Station, ct_west: Station) -> None:
    booked(ct_main, mrn="1", accession="HERE1")
    booked(ct_west, mrn="2", accession="WEST1")
    ordered(mrn="3", accession="NOROOM")


def _page(client: Client, url: str, **headers: Any) -> str:
    return client.get(url, {"day": "any"}, headers=headers).content.decode()


def _seen(page: str) -> set[str]:
    return {number for number in ("HERE1", "WEST1", "NOROOM") if number in page}


def test_a_choice_is_kept_and_taken_back(coord: Client, coordinator: User) -> None:
    chosen = coord.post("/accounts/preferences/", {"site": "WEST"})
    coordinator.refresh_from_db()
    assert chosen.status_code == 204
    assert coordinator.site is not None
    assert coordinator.site.code == "WEST"
    coord.post("/accounts/preferences/", {"site": "all"})
    coordinator.refresh_from_db()
    assert coordinator.site is None


def test_an_unknown_or_closed_site_is_refused(coord: Client, west: Site) -> None:
    assert coord.post("/accounts/preferences/", {"site": "NONE"}).status_code == 400
    Site.objects.filter(pk=west.pk).update(enabled=False)
    assert coord.post("/accounts/preferences/", {"site": "WEST"}).status_code == 400


def test_the_board_shows_the_site_and_what_has_no_room(
    three: None, in_west: Client
) -> None:
    page = _page(in_west, "/board/")
    assert _seen(page) == {"WEST1", "NOROOM"}
    assert "Only West Clinic and exams without a room." in page
    assert _seen(_page(in_west, "/board/rows/")) == {"WEST1", "NOROOM"}


def test_an_exam_in_a_room_nobody_knows_is_everybodys(
    ct_main: Station, ct_west: Station, in_west: Client
) -> None:
    booked(ct_main, mrn="1", accession="HERE1")
    ct_main.room.name = "CT renamed"
    ct_main.room.save()
    assert _seen(_page(in_west, "/board/")) == {"HERE1"}


def test_an_open_page_stays_with_its_site(three: None, in_west: Client) -> None:
    everywhere = _page(in_west, "/board/rows/", x_site="all")
    assert _seen(everywhere) == {"HERE1", "WEST1", "NOROOM"}
    assert _seen(_page(in_west, "/board/rows/", x_site="MAIN")) == {"HERE1", "NOROOM"}


def test_an_empty_board_names_the_site_and_leads_out(in_west: Client) -> None:
    page = _page(in_west, "/board/")
    assert "No exams for this day at West Clinic" in page
    assert "Show all sites" in page


def test_where_one_site_is_left_nothing_is_narrowed_or_offered(
    three: None, main: Site, in_west: Client
) -> None:
    assert "sitemenu" in _page(in_west, "/board/")
    Site.objects.filter(pk=main.pk).update(enabled=False)
    page = _page(in_west, "/board/")
    assert _seen(page) == {"HERE1", "WEST1", "NOROOM"}
    assert "sitemenu" not in page


def test_search_reading_and_critical_cases_are_never_narrowed(
    ct_main: Station, west: Site, radiologist: User, client_for: ClientFor
) -> None:
    order = booked(ct_main, mrn="1", accession="HERE1")
    for event in (Event.BEGIN, Event.END):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="CT1"))
    case = open_case(order_id=order.pk, category=1, finding="Embolus", user=radiologist)
    reader = client_for(radiologist)
    reader.post("/accounts/preferences/", {"site": "WEST"})
    assert case.number in _page(reader, "/critical/")
    assert case.number in _page(reader, "/critical/alerts/")
    assert f"/reading/{order.pk}/" in _page(reader, "/reading/")
    found = reader.post("/search/", {"q": "HERE1"}, headers={"X-Fragment": "1"})
    assert "HERE1" in found.content.decode()


def test_the_station_offers_the_sites_scanners(
    ct_main: Station,
    ct_west: Station,
    technologist: User,
    client_for: ClientFor,
) -> None:
    client = client_for(technologist)
    client.get("/station/", {"station": ct_main.pk})
    client.post("/accounts/preferences/", {"site": "WEST"})
    page = client.get("/station/").content.decode()
    assert "CT WEST" in page
    assert "CT MAIN" not in page
    open_list = client.get("/station/list/", {"station": ct_main.pk})
    assert open_list.status_code == 200


def test_standing_at_a_site_costs_one_query_however_many_there_are(
    three: None, in_west: Client, django_assert_max_num_queries: Any
) -> None:
    in_west.get("/board/")
    with CaptureQueriesContext(connection) as few:
        in_west.get("/board/")
    for number in range(5):
        SiteFactory.create(code=f"S{number}", name=f"Site {number}")
    with django_assert_max_num_queries(len(few)):
        in_west.get("/board/")
    asked = [one["sql"] for one in few.captured_queries]
    assert sum('FROM "sites_site"' in sql for sql in asked) == 1


def test_programs_read_the_sites_and_their_orders(three: None, in_west: Client) -> None:
    sites = in_west.get("/api/v1/sites/").json()["results"]
    assert [(site["code"], site["rooms"]) for site in sites] == [
        ("MAIN", ["CT MAIN"]),
        ("WEST", ["CT WEST"]),
    ]
    orders = in_west.get("/api/v1/orders/", {"site": "WEST"}).json()["results"]
    assert [order["accession_number"] for order in orders] == ["WEST1"]
