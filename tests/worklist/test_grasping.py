"""Who moves which exam right now: told to others, for seconds, and locking nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Order
from radflow.accounts.models import User
from radflow.live.models import LiveEvent
from tests.factories import StationFactory, UserFactory, make_order
from worklist.models import Grasp, Station

pytestmark = pytest.mark.django_db

MINE, THEIRS = "11111111-aaaa", "22222222-bbbb"


@pytest.fixture
def order(db: None) -> Order:
    return make_order(accession_number="ACC1")


@pytest.fixture
def at_desk(coordinator: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(coordinator)


@pytest.fixture
def beside(client_for: Callable[[User], Client]) -> Client:
    kim = UserFactory.create(role="coordinator", first_name="Kim", last_name="Ng")
    return client_for(kim)


def seen(client: Client, window: str) -> str:
    return client.get("/schedule/grasps/", {"window": window}).content.decode()


def grasped(client: Client, order: Order, window: str, **where: object) -> None:
    fields = {"order": order.pk, "window": window, **where}
    assert client.post("/schedule/grasp/", fields).status_code == 204


def test_others_see_who_holds_an_exam_until_it_is_let_go(
    at_desk: Client, beside: Client, order: Order
) -> None:
    grasped(beside, order, THEIRS)
    assert "Kim Ng holds exam ACC1" in seen(at_desk, MINE)
    assert seen(beside, THEIRS).strip() == ""
    beside.post("/schedule/release/", {"window": THEIRS})
    assert seen(at_desk, MINE).strip() == ""


def test_others_see_where_it_would_go(
    at_desk: Client, beside: Client, order: Order
) -> None:
    station: Station = StationFactory.create()
    where = {"room": station.room_id, "date": "2026-11-30", "time": "10:15"}
    grasped(beside, order, THEIRS, **where, duration=20, zone="UTC")
    told = seen(at_desk, MINE)
    assert f"to {station.room.name}, 10:15" in told
    assert 'data-first="615" data-last="635"' in told


def test_each_change_is_a_hint_that_names_nobody(beside: Client, order: Order) -> None:
    grasped(beside, order, THEIRS)
    beside.post("/schedule/release/", {"window": THEIRS})
    hints = LiveEvent.objects.filter(topic="grasp").values_list("object_id", flat=True)
    assert list(hints) == [order.pk, order.pk]


def test_who_says_nothing_more_holds_nothing(
    at_desk: Client, beside: Client, order: Order
) -> None:
    grasped(beside, order, THEIRS)
    Grasp.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert seen(at_desk, MINE).strip() == ""
    grasped(at_desk, order, MINE)
    assert list(Grasp.objects.values_list("window", flat=True)) == [MINE]


def test_two_may_hold_one_exam_and_nobody_lets_go_for_another(
    at_desk: Client, beside: Client, order: Order
) -> None:
    grasped(beside, order, THEIRS)
    grasped(at_desk, order, MINE)
    at_desk.post("/schedule/release/", {"window": THEIRS})
    assert Grasp.objects.count() == 2


@pytest.mark.parametrize(
    "fields", [{}, {"window": "<script>"}, {"order": "0", "window": THEIRS}]
)
def test_nonsense_is_refused(beside: Client, fields: dict[str, str]) -> None:
    assert beside.post("/schedule/grasp/", fields).status_code == 400


def test_only_coordinators_say_it(
    technologist: User, client_for: Callable[[User], Client], order: Order
) -> None:
    fields = {"order": order.pk, "window": MINE}
    client = client_for(technologist)
    assert client.post("/schedule/grasp/", fields).status_code == 403
    assert client.post("/schedule/release/", fields).status_code == 403
