"""Two people with one thing: both versions, nothing written until one chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.cause import Cause
from orders.models import Order, OrderEvent, Procedure
from radflow.accounts.models import User
from radflow.conflict import Line
from tests.factories import ProcedureFactory, StationFactory, UserFactory, make_order
from tests.worklist.pages.exams import noon
from worklist.models import Station
from worklist.services import book_step

pytestmark = pytest.mark.django_db

Sign = Callable[[User], Client]


@pytest.fixture
def mine(coordinator: User, client_for: Sign) -> Client:
    return client_for(coordinator)


@pytest.fixture
def lee(client_for: Sign) -> Client:
    person = UserFactory.create(
        role="coordinator", title="Dr", first_name="Mei", last_name="Lee"
    )
    return client_for(person)


@pytest.fixture
def ct(db: None) -> Station:
    return StationFactory.create()


def shown(answer: Any) -> str:
    assert answer.status_code == 409
    return " ".join(answer.content.decode().split())


def lines(answer: Any) -> dict[str, tuple[str, str]]:
    found: list[Line] = answer.context["conflict"].lines
    return {line.label: (line.now, line.mine) for line in found}


def entry(procedure: Procedure, **changes: Any) -> dict[str, Any]:
    columns = (
        *("code", "text", "system", "modality", "laterality"),
        *("duration_minutes", "setup_minutes", "cleanup_minutes"),
    )
    told = {name: getattr(procedure, name) for name in (*columns, "version")}
    return {**told, "active": "on", **changes}


def test_two_who_change_a_procedure_see_both(mine: Client, lee: Client) -> None:
    ct = ProcedureFactory.create(text="CT of something")
    page = f"/catalogue/{ct.pk}/"
    stale = entry(ct, text="CT of the lungs", duration_minutes=40)
    assert lee.post(page, entry(ct, text="CT thorax")).status_code == 302
    answer = mine.post(page, stale)
    text = shown(answer)
    assert "Dr Mei Lee changed this at" in text
    assert lines(answer) == {
        "Text": ("CT thorax", "CT of the lungs"),
        "Minutes": ("20", "40"),
    }
    for choice in ("Keep mine", "Take theirs", "Copy text"):
        assert choice in text
    ct.refresh_from_db()
    assert (ct.text, ct.version) == ("CT thorax", 2)
    again = {**stale, "version": answer.context["form"]["version"].value()}
    assert mine.post(page, again).status_code == 302
    ct.refresh_from_db()
    assert (ct.text, ct.duration_minutes, ct.version) == ("CT of the lungs", 40, 3)


def test_an_import_counts_as_a_change(mine: Client, coordinator: User) -> None:
    from orders.catalogue.table import exported, import_table

    ct = ProcedureFactory.create()
    stale = entry(ct, text="Mine")
    raw = exported().replace("CT of something", "From the file").encode()
    import_table(raw=raw, by=coordinator)
    assert shown(mine.post(f"/catalogue/{ct.pk}/", stale))


def booking(order: Order, ct: Station, time: str) -> dict[str, Any]:
    return {
        "room": ct.room_id,
        "date": f"{noon():%Y-%m-%d}",
        "time": time,
        "duration": 20,
        "version": order.version,
    }


def test_two_who_move_an_exam_see_both(mine: Client, lee: Client, ct: Station) -> None:
    order = make_order()
    book_step(
        order_id=order.pk, room_id=ct.room_id, start=noon(), cause=Cause(actor="x")
    )
    order.refresh_from_db()
    page = f"/board/{order.pk}/schedule/"
    stale = booking(order, ct, "15:00")
    assert lee.post(page, booking(order, ct, "14:00")).status_code == 302
    dialog = {"HX-Request": "true", "X-Fragment": "1"}
    answer = mine.post(page, stale, headers=dialog)
    text = shown(answer)
    assert "<html" not in text  # the dialog's part, with its links inside the dialog
    assert 'hx-target="#task"' in text
    assert "Dr Mei Lee changed this at" in text
    assert lines(answer) == {"Time": ("14:00", "15:00")}
    order.refresh_from_db()
    assert order.scheduled_start == noon(120)
    again = {**stale, "version": answer.context["form"]["version"].value()}
    assert mine.post(page, again).status_code == 302


def test_who_acts_on_what_an_order_was_sees_what_it_is(
    mine: Client, lee: Client
) -> None:
    order = make_order()
    page = f"/orders/{order.pk}/act"
    stale = {"reason": "Wrong patient", "version": order.version}
    now = {"reason": "Waits for consent", "version": order.version}
    assert lee.post(f"{page}/hold/", now).status_code == 302
    answer = mine.post(f"{page}/cancel/", stale)
    assert "Dr Mei Lee changed this at" in shown(answer)
    assert lines(answer)["State"] == ("Hold", "Cancel the order")
    assert answer.context["conflict"].form == "act-form"
    assert "Wrong patient</textarea>" in answer.content.decode()
    gone = mine.post(f"{page}/hold/", stale)
    assert "Keep mine" not in shown(gone)  # it is held already
    order.refresh_from_db()
    assert order.status == "on_hold"
    assert not OrderEvent.objects.filter(order=order, to_status="cancelled").exists()
