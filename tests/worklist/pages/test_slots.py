"""The pages about one exam's slot, as a coordinator uses them."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from orders.lifecycle import ExamState
from orders.models import Order
from orders.requests import Code, Identifier
from tests.factories import make_order, patient_request
from tests.worklist.pages.markup import text_of
from tests.worklist.planning import book, monday
from worklist.models import Appointment, Station, WaitListEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def placed(ct1: Station) -> Order:
    order = make_order()
    book(ct1.room, monday(), order)
    order.refresh_from_db()
    return order


def field(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found, f"the page has no {name}"
    return found[1]


def test_free_times_lead_to_the_booking_page(
    at_board: Client, placed: Order, ct1: Station
) -> None:
    order = make_order()
    day = f"{monday():%Y-%m-%d}"
    page = at_board.get(
        f"/board/{order.pk}/free/", {"first": day, "last": day, "part": "morning"}
    )
    text = text_of(page)
    assert "07:00 CT 1" in text
    assert f"exam {placed.accession_number}" in text
    assert f"date={day}&amp;time=07:00" in page.content.decode()
    bad = at_board.get(f"/board/{order.pk}/free/", {"first": day, "last": "2020-01-01"})
    assert bad.status_code == 400


@pytest.mark.parametrize(
    ("what", "reason", "after"),
    [
        ("slot", "110526", ExamState.ORDERED),
        ("no_show", "", ExamState.ORDERED),
        ("exam", "110500", ExamState.CANCELLED),
    ],
)
def test_slot_and_exam_are_given_up_with_a_reason(
    at_board: Client, placed: Order, what: str, reason: str, after: str
) -> None:
    address = f"/board/{placed.pk}/give-up/"
    form = {"what": what, "reason": reason, "version": placed.version}
    text_of(at_board.get(address))
    if reason:
        assert at_board.post(address, {**form, "reason": ""}).status_code == 400
    assert at_board.post(address, form).status_code == 302
    placed.refresh_from_db()
    assert placed.status == after
    assert Appointment.objects.get().reason_code == (reason or "110507")


def test_giving_up_on_an_old_view_is_a_conflict(
    at_board: Client, placed: Order
) -> None:
    form = {"what": "no_show", "version": placed.version - 1}
    answer = at_board.post(f"/board/{placed.pk}/give-up/", form)
    assert answer.status_code == 409
    assert "Somebody changed this exam meanwhile" in text_of(answer)


def test_two_exams_are_swapped_on_a_page(
    at_board: Client, placed: Order, ct1: Station
) -> None:
    other = make_order()
    book(ct1.room, monday(11), other)
    page = at_board.get(f"/board/{placed.pk}/swap/")
    text_of(page)
    shown = page.content.decode()
    form = {"other": field(shown, "other"), "version": field(shown, "version")}
    assert at_board.post(f"/board/{placed.pk}/swap/", form).status_code == 302
    placed.refresh_from_db()
    assert placed.scheduled_start == monday(11)
    again = at_board.post(f"/board/{placed.pk}/swap/", form)
    assert again.status_code == 409


def test_an_insertion_is_shown_and_then_confirmed(
    at_board: Client, ct1: Station
) -> None:
    stat = make_order(priority="S")
    page = at_board.get(f"/board/{stat.pk}/insert/")
    assert "Nobody has to make place" in text_of(page)
    shown = page.content.decode()
    form = {name: field(shown, name) for name in ("room", "start", "mark")}
    assert at_board.post(f"/board/{stat.pk}/insert/", form).status_code == 302
    stat.refresh_from_db()
    assert stat.status == ExamState.SCHEDULED
    late = at_board.post(f"/board/{make_order().pk}/insert/", form)
    assert late.status_code == 409


def test_the_wait_list_is_filled_and_offers_what_is_freed(
    at_board: Client, placed: Order
) -> None:
    waits = make_order()
    form = {"notice_hours": 0, "note": "Lives near"}
    text_of(at_board.get(f"/board/{waits.pk}/wait/"))
    assert at_board.post(f"/board/{waits.pk}/wait/", form).status_code == 302
    at_board.post(
        f"/board/{placed.pk}/give-up/",
        {"what": "slot", "reason": "110526", "version": placed.version},
    )
    page = at_board.get("/board/waiting/")
    text = text_of(page)
    assert "Lives near" in text
    assert f"/board/{waits.pk}/schedule/?room=" in page.content.decode()
    entry = WaitListEntry.objects.get()
    assert at_board.post(f"/board/waiting/{entry.pk}/off/").status_code == 302
    assert "Nobody waits" in text_of(at_board.get("/board/waiting/"))


def test_a_series_is_planned_and_booked_on_a_page(
    at_board: Client, ct1: Station
) -> None:
    ada = patient_request(identifiers=(Identifier("700004", "GENHOSP"),))
    orders = [
        make_order(patient=ada, procedure=Code(code, "", "99RADFLOW"))
        for code in ("A", "B")
    ]
    address = f"/board/series/{orders[0].patient_id}/"
    text_of(at_board.get(address))
    day = f"{monday():%Y-%m-%d}"
    page = at_board.get(address, {"first": day, "last": day, "every_days": "0"})
    text_of(page)
    plan = field(page.content.decode(), "plan")
    assert at_board.post(address, {"plan": plan}).status_code == 302
    assert Order.objects.filter(status=ExamState.SCHEDULED).count() == 2
    assert at_board.post(address, {"plan": plan}).status_code == 409
    assert at_board.post(address, {"plan": "forged"}).status_code == 409


def test_who_may_overbook_does_it_on_the_booking_page(
    at_board: Client, placed: Order, ct1: Station
) -> None:
    order = make_order()
    address = f"/board/{order.pk}/schedule/"
    form = {
        "room": ct1.room_id,
        "date": f"{monday():%Y-%m-%d}",
        "time": "10:00",
        "duration": 20,
        "version": order.version,
    }
    refused = at_board.post(address, form)
    assert refused.status_code == 409
    assert '<details class="overbook" open>' in refused.content.decode()
    assert at_board.post(address, {**form, "overbook": "on"}).status_code == 400
    why = {**form, "overbook": "on", "why": "Trauma"}
    assert at_board.post(address, why).status_code == 302
    order.refresh_from_db()
    assert order.flags == ["overbooked"]
