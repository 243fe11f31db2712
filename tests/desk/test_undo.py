"""Taking back what was just done: through the button, recorded, and only in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.cause import Cause
from orders.models import Order, OrderEvent, Procedure
from orders.services import hold
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.desk.models import Step
from radflow.desk.undo import forget_old_steps
from tests.factories import ProcedureFactory, StationFactory, make_order
from tests.worklist.pages.exams import noon
from worklist.models import Station
from worklist.services import book_step
from worklist.undoing import slot_of

pytestmark = pytest.mark.django_db

Sign = Callable[[User], Client]
DESK = Cause(actor="test")
DAY = 24 * 60  # minutes: a slot that has passed would be given up


@pytest.fixture
def ct(db: None) -> Station:
    return StationFactory.create()


@pytest.fixture
def desk(coordinator: User, client_for: Sign) -> Client:
    return client_for(coordinator)


@pytest.fixture
def exam(ct: Station) -> Order:
    order = make_order()
    book_step(order_id=order.pk, room_id=ct.room_id, start=noon(DAY), cause=DESK)
    order.refresh_from_db()
    return order


def book(client: Client, order: Order, ct: Station, minutes: int = 0) -> Any:
    start = noon(DAY + minutes)
    local = timezone.localtime(start)
    form = {
        "room": ct.room_id,
        "date": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M}",
        "duration": 20,
        "version": order.version,
    }
    return client.post(f"/board/{order.pk}/schedule/", form)


def act(client: Client, order: Order, name: str) -> None:
    order.refresh_from_db()
    form = {"reason": "As agreed", "version": order.version}
    assert client.post(f"/orders/{order.pk}/act/{name}/", form).status_code == 302


def undo(client: Client, order: Order) -> str:
    """Press the newest button; what the next page says of it."""
    step = Step.objects.latest("id")
    form = {"next": f"/orders/{order.pk}/"}
    page = client.post(f"/desk/undo/{step.pk}/", form, follow=True)
    order.refresh_from_db()
    return [str(message) for message in page.context["messages"]][-1]


def test_a_hold_and_a_release_go_back(desk: Client, exam: Order) -> None:
    act(desk, exam, "hold")
    shown = desk.get("/board/").content.decode()
    assert f"/desk/undo/{Step.objects.get().pk}/" in shown
    assert (undo(desk, exam), exam.status) == ("Undone.", "scheduled")
    act(desk, exam, "hold")
    act(desk, exam, "release")
    assert (undo(desk, exam), exam.status) == ("Undone.", "on_hold")


def test_a_move_goes_back_to_its_room_and_time(
    desk: Client, exam: Order, ct: Station
) -> None:
    slot = slot_of(exam)
    assert book(desk, exam, ct, minutes=60).status_code == 302
    assert slot_of(exam) != slot
    assert undo(desk, exam) == "Undone."
    assert slot_of(exam) == slot
    said = OrderEvent.objects.filter(order=exam, title="Moved")
    assert said.count() == 2  # there and back, both on the timeline
    assert AuditEntry.objects.filter(action="step_undone").count() == 1


def test_a_first_booking_and_a_slot_given_back_go_back(
    desk: Client, ct: Station
) -> None:
    order = make_order()
    assert book(desk, order, ct).status_code == 302
    assert (undo(desk, order), order.status) == ("Undone.", "ordered")
    order.refresh_from_db()
    book(desk, order, ct)
    slot = slot_of(order)
    desk.post(f"/board/{order.pk}/unbook/")
    assert slot_of(order) == {}
    assert (undo(desk, order), slot_of(order)) == ("Undone.", slot)


def test_a_slot_that_somebody_has_by_now_is_not_taken_from_them(
    desk: Client, exam: Order, ct: Station
) -> None:
    book(desk, exam, ct, minutes=60)
    other = make_order()
    book_step(order_id=other.pk, room_id=ct.room_id, start=noon(DAY), cause=DESK)
    said = undo(desk, exam)
    assert said.startswith("Nothing was undone.")
    assert "is booked from 12:00" in said
    assert exam.scheduled_start == noon(DAY + 60)


def test_what_was_changed_since_is_not_undone(desk: Client, exam: Order) -> None:
    act(desk, exam, "hold")
    hold(order_id=exam.pk, by="placer", cause=DESK)
    said = undo(desk, exam)
    assert (said, exam.status) == (
        "Nothing was undone. Somebody has changed it since. Look, then decide.",
        "on_hold",
    )


def test_nothing_is_undone_twice(desk: Client, exam: Order) -> None:
    act(desk, exam, "hold")
    undo(desk, exam)
    assert undo(desk, exam) == "Nothing was undone. It was undone already."


def test_an_arrival_goes_back_but_not_that_of_a_walk_in(
    desk: Client, exam: Order
) -> None:
    desk.post(f"/board/{exam.pk}/arrive/")
    assert (undo(desk, exam), exam.status) == ("Undone.", "scheduled")
    walk_in = make_order()
    before = Step.objects.count()
    desk.post(f"/board/{walk_in.pk}/arrive/")
    walk_in.refresh_from_db()
    assert (walk_in.status, Step.objects.count()) == ("arrived", before)


def test_the_order_page_offers_it_while_nothing_has_changed(
    desk: Client, exam: Order
) -> None:
    act(desk, exam, "hold")
    page = f"/orders/{exam.pk}/"
    desk.get(page)  # the toast is gone after this
    assert "Undo the hold" in desk.get(page).content.decode()
    hold(order_id=exam.pk, by="placer", cause=DESK)
    assert "Undo the hold" not in desk.get(page).content.decode()


def test_who_may_not_do_it_may_not_undo_it(
    desk: Client, exam: Order, technologist: User, client_for: Sign
) -> None:
    act(desk, exam, "hold")
    said = undo(client_for(technologist), exam)
    assert (said, exam.status) == (
        "Nothing was undone. Your role may not do this.",
        "on_hold",
    )


def test_a_change_of_the_catalogue_goes_back(desk: Client) -> None:
    ct = ProcedureFactory.create(code="CTPA", modality="CT", text="CT of lungs")
    form = {
        "code": "CTPA",
        "text": "CT of everything",
        "system": "99RADFLOW",
        "modality": "CT",
        "duration_minutes": 30,
        "laterality": "optional",
        "version": ct.version,
    }
    assert desk.post(f"/catalogue/{ct.pk}/", form).status_code == 302
    step = Step.objects.get()
    desk.post(f"/desk/undo/{step.pk}/")
    now = Procedure.objects.get()
    assert (now.text, now.duration_minutes, now.active) == ("CT of lungs", 20, True)
    assert now.version == 3


def test_old_ways_back_are_swept(desk: Client, exam: Order) -> None:
    act(desk, exam, "hold")
    Step.objects.update(at=timezone.now() - timedelta(days=8))
    forget_old_steps()
    assert not Step.objects.exists()
