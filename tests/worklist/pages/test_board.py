from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.models import Order
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.worklist.pages.exams import booked, ordered
from tests.worklist.pages.markup import text_of
from worklist.models import Station

pytestmark = pytest.mark.django_db


def test_the_board_shows_who_what_where_and_when(at_board: Client, exam: Order) -> None:
    text = text_of(at_board.get("/board/"))
    for shown in ("Okafor", "700123", "ACC1", "CT 1", "Scheduled", "1 to 1 of 1"):
        assert shown in text


def test_names_of_patients_are_text_never_markup(
    at_board: Client, ct1: Station
) -> None:
    booked(ct1, mrn="1", accession="A1", family="<img src=x>", given='"&<b>')
    html = at_board.get("/board/").content.decode()
    assert "<img" not in html
    assert "&lt;img src=x&gt;" in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=okaf", {"ACC1"}),
        ("q=700123", {"ACC1"}),
        ("q=ACC2", {"ACC2"}),
        ("q=nobody", set()),
        ("state=ordered", {"ACC2"}),
        ("state=ordered&state=scheduled", {"ACC1", "ACC2"}),
        ("modality=CT", {"ACC1", "ACC2"}),
        ("day=tomorrow", {"ACC2"}),
        ("state=nonsense&modality=nonsense&day=nonsense", {"ACC1", "ACC2"}),
    ],
)
def test_the_address_holds_every_filter(
    at_board: Client, exam: Order, query: str, found: set[str]
) -> None:
    ordered(mrn="2", accession="ACC2", family="Zander")
    for address in ("/board/", "/board/rows/"):
        text = text_of(at_board.get(f"{address}?{query}"))
        shown = {each for each in ("ACC1", "ACC2") if f" {each} " in text}
        assert shown == found, address


def test_a_similar_name_on_the_next_page_is_warned_of_on_this_one(
    at_board: Client, exam: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered(mrn="2", accession="ACC2", family="Okaford")
    monkeypatch.setattr("worklist.views.board.PAGE", 1)
    for number in (1, 2):
        text = text_of(at_board.get("/board/", {"page": number}))
        assert "Similar name" in text


def test_an_empty_list_says_why_and_how_to_see_more(at_board: Client) -> None:
    assert "No exams for this day" in text_of(at_board.get("/board/"))
    filtered = text_of(at_board.get("/board/?q=nobody"))
    assert "No exam fits these filters" in filtered
    assert "Clear filters" in filtered


def test_people_of_one_family_name_are_marked(at_board: Client, ct1: Station) -> None:
    booked(ct1, mrn="1", accession="A1", family="Patel", given="Rhea")
    booked(ct1, mrn="2", accession="A2", family="Patel", given="Riya", minutes=30)
    assert text_of(at_board.get("/board/")).count("Similar name") == 2


def test_the_number_of_queries_does_not_grow_with_the_list(
    at_board: Client, ct1: Station
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert at_board.get("/board/").status_code == 200
        return len(seen)

    booked(ct1, mrn="0", accession="A0")
    few = queries()
    for n in range(1, 9):
        booked(ct1, mrn=str(n), accession=f"A{n}", minutes=20 * n)
    assert queries() == few


def test_each_look_at_the_list_is_on_record_with_what_it_showed(
    at_board: Client, exam: Order, coordinator: User
) -> None:
    at_board.get("/board/rows/")
    entry = AuditEntry.objects.get(action="board_viewed")
    assert (entry.actor_id, entry.detail) == (coordinator.pk, {"orders": [exam.pk]})


def test_only_coordinators_are_offered_to_schedule(
    at_board: Client,
    at_station: Client,
    referrer: User,
    exam: Order,
    client_for: Callable[[User], Client],
) -> None:
    offered = f"/board/{exam.pk}/schedule/"
    assert offered in at_board.get("/board/").content.decode()
    for client in (at_station, client_for(referrer)):
        response = client.get("/board/")
        assert response.status_code == 200
        assert offered not in response.content.decode()


def test_who_has_no_role_sees_no_board(
    outsider: User, client_for: Callable[[User], Client], client: Client
) -> None:
    assert client_for(outsider).get("/board/").status_code == 403
    assert client.get("/board/rows/").status_code == 302
    assert client.get("/board/rows/", headers={"X-Fragment": "1"}).status_code == 401


def test_the_strip_counts_states_and_filters_by_them(
    at_board: Client, exam: Order
) -> None:
    ordered(mrn="2", accession="ACC2")
    text = text_of(at_board.get("/board/counts/"))
    assert "Ordered 1 Scheduled 1 Arrived 0" in text
    chosen = at_board.get("/board/counts/?state=scheduled").content.decode()
    assert chosen.count('aria-current="true"') == 1
