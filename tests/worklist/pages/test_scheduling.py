from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.lifecycle import ExamState
from orders.models import Order
from radflow.accounts.models import User
from tests.worklist.pages.exams import DESK, booked, noon, ordered
from tests.worklist.pages.markup import text_of
from worklist.models import Appointment, Station
from worklist.services import arrive

pytestmark = pytest.mark.django_db


def answers(order: Order, station: Station, *, minutes: int = 0) -> dict[str, Any]:
    start = noon(minutes)
    order.refresh_from_db()
    return {
        "room": station.room_id,
        "date": f"{start:%Y-%m-%d}",
        "time": f"{start:%H:%M}",
        "duration": 20,
        "version": order.version,
    }


@pytest.fixture
def waiting(ct1: Station) -> Order:
    return ordered(mrn="700999", accession="ACC9", family="Zander")


def test_a_coordinator_gives_an_order_a_room_and_a_time(
    at_board: Client, waiting: Order, ct1: Station
) -> None:
    address = f"/board/{waiting.pk}/schedule/"
    assert "Zander" in text_of(at_board.get(address))
    response = at_board.post(address, answers(waiting, ct1), follow=True)
    assert response.redirect_chain == [("/board/", 302)]
    assert "Booked" in text_of(response)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.scheduled_start) == (ExamState.SCHEDULED, noon())
    assert waiting.room_name == "CT 1"


def test_a_time_on_any_minute_can_be_chosen(
    at_board: Client, waiting: Order, ct1: Station
) -> None:
    address = f"/board/{waiting.pk}/schedule/"
    # A step would let the browser refuse what another system booked at 10:47.
    assert "step=" not in at_board.get(address).content.decode()
    values = answers(waiting, ct1, minutes=47)
    assert at_board.post(address, values).status_code == 302


def test_in_the_dialog_the_answer_takes_the_whole_page_along(
    at_board: Client, waiting: Order, ct1: Station
) -> None:
    response = at_board.post(
        f"/board/{waiting.pk}/schedule/",
        {**answers(waiting, ct1), "next": "/board/?q=zan"},
        headers={"HX-Request": "true"},
    )
    assert response.status_code == 204
    assert response["HX-Redirect"] == "/board/?q=zan"


def test_nobody_is_sent_to_another_site(
    at_board: Client, waiting: Order, ct1: Station
) -> None:
    values = {**answers(waiting, ct1), "next": "https://example.org/"}
    response = at_board.post(f"/board/{waiting.pk}/schedule/", values)
    assert response["Location"] == "/board/"


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_taken_slot_is_refused_and_its_holder_shown(
    at_board: Client, waiting: Order, exam: Order, ct1: Station, headers: dict[str, str]
) -> None:
    response = at_board.post(
        f"/board/{waiting.pk}/schedule/",
        answers(waiting, ct1, minutes=10),
        headers=headers,
    )
    assert response.status_code == 409
    text = text_of(response)
    assert "CT 1 is booked from 12:00 to 12:20" in text
    assert "Okafor, Ada" in text.replace(" ,", ",")
    assert "In the way" in text
    assert 'aria-invalid="true"' in response.content.decode()
    assert Appointment.objects.count() == 1


def test_the_day_of_the_room_is_listed_without_a_script(
    at_board: Client, waiting: Order, exam: Order, ct1: Station, ct2: Station
) -> None:
    address = f"/board/{waiting.pk}/schedule/?date={noon():%Y-%m-%d}&room="
    assert "12:00 to 12:20" in text_of(at_board.get(f"{address}{ct1.room_id}"))
    assert "Nothing is booked" in text_of(at_board.get(f"{address}{ct2.room_id}"))


@pytest.mark.parametrize("query", ["room=x&date=x&time=x", "room=&date=2026-99-99"])
def test_an_address_with_nonsense_still_shows_the_form(
    at_board: Client, waiting: Order, query: str
) -> None:
    response = at_board.get(f"/board/{waiting.pk}/schedule/?{query}")
    assert response.status_code == 200


def test_a_change_by_somebody_else_is_explained_and_then_can_be_pressed_again(
    at_board: Client, exam: Order, ct1: Station
) -> None:
    stale = answers(exam, ct1, minutes=60)
    arrive(order_id=exam.pk, cause=DESK)
    response = at_board.post(f"/board/{exam.pk}/schedule/", stale)
    assert response.status_code == 409
    assert "Nothing was saved. Choose which of both" in text_of(response)
    exam.refresh_from_db()
    assert exam.scheduled_start == noon()
    now_shown = response.context["form"]["version"].value()
    again = {**stale, "version": now_shown}
    assert at_board.post(f"/board/{exam.pk}/schedule/", again).status_code == 302
    exam.refresh_from_db()
    assert exam.scheduled_start == noon(60)


def test_what_is_missing_is_said_beside_the_field(
    at_board: Client, waiting: Order
) -> None:
    response = at_board.post(f"/board/{waiting.pk}/schedule/", {})
    assert response.status_code == 400
    assert "This field is required" in text_of(response)


def test_an_exam_without_modality_says_why_no_room_fits(
    at_board: Client, ct1: Station
) -> None:
    order = ordered(mrn="1", accession="A1", modality="")
    response = at_board.post(f"/board/{order.pk}/schedule/", answers(order, ct1))
    assert response.status_code == 409
    assert "no modality" in text_of(response)


def test_a_coordinator_notes_an_arrival(at_board: Client, exam: Order) -> None:
    assert "Arrived" in text_of(at_board.get("/board/"))
    response = at_board.post(f"/board/{exam.pk}/arrive/", {"next": "/board/?q=ok"})
    assert response["Location"] == "/board/?q=ok"
    exam.refresh_from_db()
    assert exam.status == ExamState.ARRIVED


def test_a_slot_is_given_back_until_the_patient_is_here(
    at_board: Client, exam: Order
) -> None:
    assert at_board.post(f"/board/{exam.pk}/unbook/").status_code == 302
    exam.refresh_from_db()
    assert (exam.status, exam.scheduled_start) == (ExamState.ORDERED, None)


def test_a_slot_of_a_patient_who_is_here_is_kept(at_board: Client, exam: Order) -> None:
    arrive(order_id=exam.pk, cause=DESK)
    response = at_board.post(f"/board/{exam.pk}/unbook/")
    assert response.status_code == 409
    assert "state is “Arrived”" in text_of(response)


@pytest.mark.parametrize("act", ["schedule", "arrive", "unbook"])
@pytest.mark.parametrize(
    "person", ["technologist", "radiologist", "referrer", "interface_admin", "outsider"]
)
def test_nobody_but_the_coordinator_touches_the_schedule(
    request: pytest.FixtureRequest,
    client_for: Callable[[User], Client],
    exam: Order,
    act: str,
    person: str,
) -> None:
    client = client_for(request.getfixturevalue(person))
    assert client.post(f"/board/{exam.pk}/{act}/").status_code == 403
    exam.refresh_from_db()
    assert exam.status == ExamState.SCHEDULED


def test_a_look_never_changes_anything(at_board: Client, ct1: Station) -> None:
    order = booked(ct1, mrn="5", accession="A5")
    for act in ("arrive", "unbook"):
        assert at_board.get(f"/board/{order.pk}/{act}/").status_code == 405
