"""The safety questions at the gate, on their page, and their release."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from orders.models import Order, SafetyAnswer, SafetyQuestion, SafetyRelease
from radflow.accounts.models import User
from tests.factories import UserFactory
from tests.worklist.pages.markup import text_of
from tests.worklist.pages.test_gate import begin, say, scan, status
from worklist.models import Verification

pytestmark = pytest.mark.django_db
SCRIPT = {"X-Fragment": "1"}


@pytest.fixture
def asked(db: None) -> SafetyQuestion:
    return SafetyQuestion.objects.create(
        code="PACEMAKER",
        text="Do you have a pacemaker?",
        kind="yes_no",
        stops_on="yes",
    )


@pytest.fixture
def second(db: None) -> User:
    user = UserFactory.create(username="lee")
    user.set_password("a long second password")
    user.save()
    return user


def at_safety(client: Client, order: Order) -> str:
    scan(client, order, "700123", "ACC1")
    page: str = say(client, order).content.decode()
    return page


def sent(client: Client, order: Order, **answers: str) -> Any:
    check = Verification.objects.latest("id")
    values = {"verification": check.pk, **answers}
    return client.post(f"/station/gate/{order.pk}/safety/", values, headers=SCRIPT)


def test_start_does_not_exist_before_the_questions_are_answered(
    at_station: Client, exam: Order, asked: SafetyQuestion
) -> None:
    address = f"/station/gate/{exam.pk}/begin/"
    page = at_safety(at_station, exam)
    assert "Do you have a pacemaker?" in page
    assert 'data-state="safety"' in page
    assert address not in page
    check = Verification.objects.latest("id")
    assert begin(at_station, exam, verification=check.pk) == 409
    assert status(exam) == "scheduled"
    page = sent(at_station, exam, **{f"q{asked.pk}": "no"}).content.decode()
    assert 'data-state="ready"' in page
    assert address in page
    assert begin(at_station, exam, verification=check.pk) == 302
    assert status(exam) == "in_progress"


def test_a_stopping_answer_asks_for_the_radiologist_and_a_second_person(
    at_station: Client, exam: Order, asked: SafetyQuestion, second: User
) -> None:
    at_safety(at_station, exam)
    check = Verification.objects.latest("id")
    page = sent(at_station, exam, **{f"q{asked.pk}": "yes"})
    assert "Ask the radiologist first." in text_of(page)
    stop = SafetyAnswer.objects.get()
    release = f"/station/{exam.pk}/safety/{stop.pk}/release/?check={check.pk}"
    assert release in page.content.decode()
    assert begin(at_station, exam, verification=check.pk) == 409
    values = {
        "reason": "conditional",
        "comment": "Card seen, 1.5 T",
        "decided_by": "Dr Mei Lin",
        "username": "lee",
    }
    wrong = at_station.post(release, {**values, "password": "guessed"})
    assert wrong.status_code == 400
    assert not SafetyRelease.objects.exists()
    signed = at_station.post(release, {**values, "password": "a long second password"})
    assert signed["Location"] == f"/station/gate/{exam.pk}/?check={check.pk}"
    assert 'data-state="ready"' in at_station.get(signed["Location"]).content.decode()
    assert begin(at_station, exam, verification=check.pk) == 302


def test_a_wrong_answer_is_said_and_stays_in_its_field(
    at_station: Client, exam: Order
) -> None:
    asked = SafetyQuestion.objects.create(code="EGFR", text="eGFR", kind="number")
    at_safety(at_station, exam)
    answer = sent(at_station, exam, **{f"q{asked.pk}": "normal"})
    assert answer.status_code == 400
    assert "eGFR: a number is wanted." in text_of(answer)
    assert 'value="normal"' in answer.content.decode()


def test_the_station_says_what_is_open_and_leads_to_the_questions(
    at_station: Client, exam: Order, asked: SafetyQuestion
) -> None:
    page = at_station.get("/station/")
    assert "1 question open" in text_of(page)
    address = f"/station/{exam.pk}/safety/"
    assert address in page.content.decode()
    assert "Do you have a pacemaker?" in text_of(at_station.get(address))
    at_station.post(address, {f"q{asked.pk}": "no"})
    assert "PACEMAKER No" in text_of(at_station.get("/station/"))
    at_station.post(address, {f"q{asked.pk}": "yes"})
    assert "Stops the exam: PACEMAKER" in text_of(at_station.get("/station/"))


def test_answers_are_read_on_the_order_and_beside_the_report(
    at_station: Client,
    exam: Order,
    asked: SafetyQuestion,
    radiologist: User,
    client_for: Any,
) -> None:
    at_station.post(f"/station/{exam.pk}/safety/", {f"q{asked.pk}": "yes"})
    reader = client_for(radiologist)
    for address in (f"/orders/{exam.pk}/", f"/reading/{exam.pk}/"):
        text = text_of(reader.get(address))
        assert "Do you have a pacemaker?" in text, address
        assert "Not released" in text, address
    assert "A safety answer stops the exam" in text_of(
        reader.get(f"/orders/{exam.pk}/")
    )


def test_an_exam_without_questions_says_so(at_station: Client, exam: Order) -> None:
    page = at_station.get(f"/station/{exam.pk}/safety/")
    assert "No question for this exam" in text_of(page)
