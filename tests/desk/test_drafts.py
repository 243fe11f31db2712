"""Drafts of forms: their author's alone, and gone once the form is taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Order
from radflow.accounts.models import User
from radflow.desk.drafts import KEPT_FOR, forget_old
from radflow.desk.models import Draft
from radflow.duties import duties
from tests.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db

Sign = Callable[[User], Client]
FRAGMENT = {"X-Fragment": "1"}


@pytest.fixture
def desk(coordinator: User, client_for: Sign) -> Client:
    return client_for(coordinator)


@pytest.fixture
def order(db: None) -> Order:
    return make_order()


def address(order: Order) -> str:
    return f"/desk/drafts/hold/{order.pk}/"


def typed(client: Client, order: Order, text: str = "Waits for creatinine") -> int:
    answer = client.post(address(order), {"reason": text}, headers=FRAGMENT)
    return answer.status_code


def test_what_was_typed_comes_back_to_its_author(desk: Client, order: Order) -> None:
    assert typed(desk, order) == 204
    assert typed(desk, order, "Waits for consent") == 204
    kept = desk.get(address(order)).json()
    assert kept["fields"] == {"reason": ["Waits for consent"]}
    assert kept["said"].startswith("Draft of ")
    assert Draft.objects.count() == 1


def test_nobody_else_reads_it(desk: Client, order: Order, client_for: Sign) -> None:
    typed(desk, order)
    colleague = client_for(UserFactory.create(role="coordinator"))
    assert colleague.get(address(order)).status_code == 204
    colleague.post(f"{address(order)}discard/")
    assert Draft.objects.count() == 1
    assert Client().get(address(order), headers=FRAGMENT).status_code == 401


def test_a_form_that_is_taken_has_no_draft_any_more(desk: Client, order: Order) -> None:
    typed(desk, order)
    page = f"/orders/{order.pk}/act/hold/"
    sent = {"reason": "", "version": order.version, "draft": f"hold/{order.pk}"}
    assert desk.post(page, sent).status_code == 400
    assert Draft.objects.count() == 1
    assert desk.post(page, {**sent, "reason": "Waits"}).status_code == 302
    assert Draft.objects.count() == 0


def test_who_is_sent_to_sign_in_keeps_the_draft(desk: Client, order: Order) -> None:
    typed(desk, order)
    desk.post("/accounts/lock/")
    sent = {"reason": "Waits", "version": order.version, "draft": f"hold/{order.pk}"}
    answer = desk.post(f"/orders/{order.pk}/act/hold/", sent)
    assert answer["Location"].startswith("/accounts/login/")
    assert Draft.objects.count() == 1


def test_one_is_discarded(desk: Client, order: Order) -> None:
    typed(desk, order)
    assert desk.post(f"{address(order)}discard/").status_code == 204
    assert desk.get(address(order)).status_code == 204


def test_more_than_anybody_types_is_not_kept(desk: Client, order: Order) -> None:
    assert typed(desk, order, "x" * 60_000) == 400
    assert typed(desk, order, "a\0b") == 204
    assert Draft.objects.get().fields == {"reason": ["ab"]}


def test_a_week_later_it_is_gone(desk: Client, order: Order) -> None:
    typed(desk, order)
    Draft.objects.update(saved_at=timezone.now() - KEPT_FOR - timedelta(minutes=1))
    assert desk.get(address(order)).status_code == 204
    forget_old()
    assert not Draft.objects.exists()
    assert "old drafts" in {duty.name for duty in duties()}


@pytest.mark.parametrize(
    "address", [f"/desk/drafts/{'x' * 41}/1/", f"/desk/drafts/hold/{2**63}/"]
)
def test_what_no_form_is_called_is_refused(desk: Client, address: str) -> None:
    answer = desk.post(address, {"reason": "Waits"}, headers=FRAGMENT)
    assert answer.status_code == 400
    assert not Draft.objects.exists()


def test_a_person_keeps_so_many_and_the_oldest_goes(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radflow.desk.drafts.MOST_KEPT", 2)
    orders = [make_order() for _ in range(3)]
    for order in orders:
        typed(desk, order)
    kept = set(Draft.objects.values_list("subject", flat=True))
    assert kept == {order.pk for order in orders[1:]}
