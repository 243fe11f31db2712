"""Scheduling for programs: the same rules, with codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from orders.requests import Code, Identifier
from radflow.accounts.models import User
from tests.factories import make_order, patient_request
from tests.worklist.planning import book, monday
from worklist.models import RoomBlock, Station

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(coordinator: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(coordinator)


def post(program: Client, address: str, **body: Any) -> Any:
    return program.post(f"/api/v1/{address}", body, content_type="application/json")


def look(program: Client, address: str, **query: Any) -> Any:
    return program.get(f"/api/v1/{address}", query)


def iso(*when: int) -> str:
    return monday(*when).isoformat()


def test_free_times_and_why_not(program: Client, station: Station) -> None:
    taken, order = make_order(), make_order()
    book(station.room, monday(10), taken)
    answer = look(
        program,
        f"orders/{order.pk}/free-times/",
        earliest=iso(10),
        latest=iso(12),
        room=station.room_id,
        start=iso(10),
    ).json()
    assert answer["slots"][0]["start"] == iso(10, 20).replace("+00:00", "Z")
    assert answer["why_not"][0].endswith(f"(exam {taken.accession_number}).")
    assert {one["code"] for one in answer["obstacles"]} == {"SLOT_TAKEN"}


def test_booking_and_giving_up(program: Client, station: Station) -> None:
    order = make_order()
    body = {"room": station.room_id, "start": iso(10)}
    booked = post(program, f"orders/{order.pk}/book/", **body)
    assert booked.json()["station_ae_title"] == "CT1_AE"
    other = make_order()
    refused = post(program, f"orders/{other.pk}/book/", **body)
    assert (refused.status_code, refused.json()["code"]) == (409, "SLOT_TAKEN")
    over = post(program, f"orders/{other.pk}/book/", **body, overbook=True, why="STAT")
    assert over.status_code == 200
    freed = post(program, f"orders/{order.pk}/unbook/", reason="110526").json()
    assert (freed["status"], freed["scheduled_start"]) == ("ordered", None)
    gone = post(program, f"orders/{order.pk}/cancel/", reason="110500").json()
    assert gone["status"] == "cancelled"
    assert post(program, f"orders/{other.pk}/no-show/").json()["status"] == "ordered"
    assert post(program, f"orders/{other.pk}/arrive/").json()["status"] == "arrived"
    late = post(program, f"orders/{other.pk}/no-show/")
    assert (late.status_code, late.json()["code"]) == (409, "ORDER_STATE")
    assert post(program, "orders/999999/book/", **body).status_code == 404
    assert post(program, f"orders/{order.pk}/unbook/", reason="1").status_code == 400


def test_a_swap_and_an_insertion(program: Client, station: Station) -> None:
    first, second = make_order(), make_order()
    book(station.room, monday(9), first)
    book(station.room, monday(10), second)
    assert post(program, "swaps/", first=first.pk, second=second.pk).status_code == 200
    stat = make_order()
    address = f"orders/{stat.pk}/insertion/"
    where: dict[str, Any] = {"room": station.room_id, "start": iso(9)}
    shown = look(program, address, **where).json()
    assert [one["order"] for one in shown["shifts"]] == [second.pk]
    confirmed = post(
        program, f"orders/{stat.pk}/insertion/", **where, mark=shown["mark"]
    )
    assert confirmed.status_code == 200
    second.refresh_from_db()
    assert second.scheduled_start == monday(9, 20)
    again = post(program, f"orders/{stat.pk}/insertion/", **where, mark="old")
    assert (again.status_code, again.json()["code"]) == (409, "VERSION_CONFLICT")


def test_a_series(program: Client, station: Station) -> None:
    ada = patient_request(identifiers=(Identifier("700005", "GENHOSP"),))
    orders = [
        make_order(patient=ada, procedure=Code(code, "", "99RADFLOW")).pk
        for code in ("A", "B")
    ]
    plan = post(
        program, "series/plan/", orders=orders, earliest=iso(8), latest=iso(18)
    ).json()
    assert len(plan) == 2
    places = [{key: one[key] for key in ("order", "room", "start")} for one in plan]
    assert post(program, "series/", places=places).status_code == 200
    assert Order.objects.filter(status="scheduled").count() == 2


def test_the_wait_list(program: Client, station: Station) -> None:
    taken, waits = make_order(), make_order()
    book(station.room, monday(10), taken)
    made = post(program, "wait-list/", order=waits.pk, part_of_day="morning")
    assert made.status_code == 201
    post(program, f"orders/{taken.pk}/unbook/", reason="110526")
    (opening,) = program.get("/api/v1/openings/").json()
    assert [one["order"] for one in opening["offers"]] == [waits.pk]
    entry = made.json()["id"]
    assert program.delete(f"/api/v1/wait-list/{entry}/").status_code == 204
    assert program.get("/api/v1/wait-list/").json() == []


def test_rooms_hours_and_blocks(program: Client, station: Station) -> None:
    rooms = program.get("/api/v1/rooms/").json()["results"]
    assert rooms[0]["modalities"] == ["CT"]
    address = f"/api/v1/rooms/{station.room_id}/hours/"
    hours = [{"weekday": 0, "opens": "08:00", "closes": "17:00"}]
    put = program.put(address, hours, content_type="application/json")
    assert put.json()[0]["opens"] == "08:00:00"
    order = make_order()
    book(station.room, monday(10), order)
    body = {"start": iso(9), "end": iso(11), "kind": "qa"}
    blocks = f"rooms/{station.room_id}/blocks/"
    refused = post(program, blocks, **body)
    assert (refused.status_code, refused.json()["code"]) == (409, "DISPLACES")
    made = post(program, blocks, **body, displaces=[order.pk])
    assert made.status_code == 201
    assert len(program.get(f"/api/v1/{blocks}").json()) == 1
    assert program.delete(f"/api/v1/blocks/{made.json()['id']}/").status_code == 204
    assert RoomBlock.objects.get().ended_at is not None


def test_others_read_rooms_and_change_nothing(
    client_for: Callable[[User], Client], technologist: User, station: Station
) -> None:
    other = client_for(technologist)
    order = make_order()
    assert other.get("/api/v1/rooms/").status_code == 200
    body = {"room": station.room_id, "start": iso(10)}
    assert post(other, f"orders/{order.pk}/book/", **body).status_code == 403
    blocks = f"rooms/{station.room_id}/blocks/"
    assert post(other, blocks, start=iso(9)).status_code == 403
    hours = f"/api/v1/rooms/{station.room_id}/hours/"
    assert other.put(hours, [], content_type="application/json").status_code == 403
