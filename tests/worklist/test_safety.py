"""No exam begins at the gate past its safety checklist."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from orders.exceptions import AnswerRefused
from orders.lifecycle import ExamState
from orders.models import (
    Order,
    OrderEvent,
    SafetyAnswer,
    SafetyQuestion,
    SafetyRelease,
)
from orders.selectors.safety import checklist_of
from orders.services.safety import Decision, answer_questions, release_answer
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.factories import ProcedureFactory, SiteFactory, UserFactory, make_order
from tests.worklist.at_the_gate import answered, begun, scanned
from tests.worklist.pages.exams import booked
from worklist.exceptions import GateRefused
from worklist.models import PerformedStep, Station
from worklist.selectors.safety import site_of_exam
from worklist.services import begin_exam

pytestmark = pytest.mark.django_db


def question(**changes: Any) -> SafetyQuestion:
    values = {
        "code": "PREGNANCY",
        "text": "May you be pregnant?",
        "kind": "yes_no_unknown",
        "stops_on": "yes,unknown",
        **changes,
    }
    return SafetyQuestion.objects.create(**values)


@pytest.fixture
def order(station: Station) -> Order:
    return booked(station, mrn="700123", accession="ACC1")


def answer(
    order: Order, user: User, asked: SafetyQuestion, value: str
) -> SafetyAnswer | None:
    kept = answer_questions(
        order_id=order.pk,
        site=site_of_exam(order),
        user=user,
        answers={asked.pk: value},
    )
    return kept[0] if kept else None


def released(order: Order, user: User, stop: SafetyAnswer, **changes: Any) -> Any:
    values = {"reason": "benefit", "comment": "Trauma", "decided_by": "Dr Mei Lin"}
    decision = Decision(**{**values, **changes.pop("decision", {})})
    return release_answer(
        order_id=order.pk,
        answer_id=stop.pk,
        site=site_of_exam(order),
        user=user,
        decision=decision,
        **{"signer": UserFactory.create(), **changes},
    )


def refused(order: Order, user: User) -> GateRefused:
    check = scanned(order, user)
    answered(check)
    with pytest.raises(GateRefused) as caught:
        begin_exam(order_id=order.pk, user=user, verification_id=check.pk)
    order.refresh_from_db()
    assert order.status == ExamState.SCHEDULED
    assert not PerformedStep.objects.exists()
    check.refresh_from_db()
    assert check.used_at is None
    return caught.value


def test_an_open_question_keeps_the_exam_from_beginning(
    order: Order, technologist: User
) -> None:
    asked = question()
    assert refused(order, technologist).code == "SAFETY_OPEN"
    answer(order, technologist, asked, "no")
    assert begun(order, technologist).status == ExamState.IN_PROGRESS


@pytest.mark.parametrize("said", ["yes", "unknown"])
def test_a_stopping_answer_needs_a_release_by_two_people(
    order: Order, technologist: User, said: str
) -> None:
    stop = answer(order, technologist, question(), said)
    assert stop is not None and stop.stops
    assert refused(order, technologist).code == "SAFETY_STOP"
    released(order, technologist, stop)
    assert begun(order, technologist).status == ExamState.IN_PROGRESS
    entries = AuditEntry.objects.filter(action="safety_released")
    assert len({entry.actor_id for entry in entries}) == 2
    told = order.events.get(title="Stopped exam released")
    assert "Decided by Dr Mei Lin" in told.detail


def test_a_new_stopping_answer_needs_a_new_release(
    order: Order, technologist: User
) -> None:
    asked = question()
    stop = answer(order, technologist, asked, "yes")
    assert stop is not None
    released(order, technologist, stop)
    answer(order, technologist, asked, "unknown")
    assert refused(order, technologist).code == "SAFETY_STOP"


def test_who_may_not_release(order: Order, technologist: User) -> None:
    stop = answer(order, technologist, question(), "yes")
    assert stop is not None
    signers = (
        technologist,
        UserFactory.create(role="coordinator"),
        UserFactory.create(is_active=False),
    )
    for signer in signers:
        with pytest.raises(AnswerRefused):
            released(order, technologist, stop, signer=signer)
    with pytest.raises(AnswerRefused, match="Name the radiologist"):
        released(order, technologist, stop, decision={"decided_by": " "})
    assert not SafetyRelease.objects.exists()


def test_a_radiologist_who_signs_is_who_decided(
    order: Order, technologist: User, radiologist: User
) -> None:
    stop = answer(order, technologist, question(), "yes")
    assert stop is not None
    made = released(
        order, technologist, stop, signer=radiologist, decision={"decided_by": ""}
    )
    assert made.decided_by == radiologist.display_name


def test_only_what_stops_now_is_released(order: Order, technologist: User) -> None:
    fine = answer(order, technologist, question(), "no")
    assert fine is not None
    with pytest.raises(AnswerRefused):
        released(order, technologist, fine)


@pytest.mark.parametrize(
    ("value", "kept", "stops"),
    [("29,5", "29.5", True), ("30", "30", False), (" 75 ", "75", False)],
)
def test_a_number_stops_below_its_limit(
    order: Order, technologist: User, value: str, kept: str, stops: bool
) -> None:
    asked = question(
        code="EGFR", text="eGFR", kind="number", unit="mL/min", stops_below=30
    )
    found = answer(order, technologist, asked, value)
    assert found is not None
    assert (found.value, found.stops) == (kept, stops)


@pytest.mark.parametrize("value", ["low", "-3", "NaN", "1e99"])
def test_what_is_no_number_is_refused_and_nothing_is_kept(
    order: Order, technologist: User, value: str
) -> None:
    first = question(position=0)
    asked = question(code="EGFR", kind="number", position=1)
    with pytest.raises(AnswerRefused):
        answer_questions(
            order_id=order.pk,
            site=None,
            user=technologist,
            answers={first.pk: "no", asked.pk: value},
        )
    assert not SafetyAnswer.objects.exists()


@pytest.mark.parametrize(
    ("conditions", "applies"),
    [
        ({}, True),
        ({"modalities": "CT, MR"}, True),
        ({"modalities": "MR"}, False),
        ({"procedures": "ctpa"}, True),
        ({"procedures": "CTHEAD"}, False),
        ({"with_contrast": True}, False),
        ({"sex": "F", "age_from": 12, "age_to": 55}, True),
        ({"sex": "F", "age_from": 60}, False),
        ({"sex": "F", "age_to": 12}, False),
        ({"sex": "M"}, False),
        ({"active": False}, False),
    ],
)
def test_a_question_is_asked_where_its_conditions_hold(
    order: Order, conditions: dict[str, Any], applies: bool
) -> None:
    ProcedureFactory.create(code="CTPA")
    question(**conditions)
    assert bool(checklist_of(order, None)) is applies


def test_contrast_of_the_catalogue_or_an_unknown_procedure_asks(order: Order) -> None:
    question(with_contrast=True)
    assert checklist_of(order, None)  # nobody knows the procedure
    known = ProcedureFactory.create(code="CTPA")
    assert not checklist_of(order, None)
    known.contrast = True
    known.save()
    assert checklist_of(order, None)


@pytest.mark.parametrize("sex", ["U", "O", ""])
def test_who_is_of_no_known_sex_or_age_is_asked(order: Order, sex: str) -> None:
    question(sex="F", age_from=12, age_to=55)
    order.patient.sex, order.patient.birth_date_text = sex, "1980"
    assert checklist_of(order, None)


def test_a_site_has_its_own_question_instead_of_the_general_one(
    order: Order, technologist: User
) -> None:
    general, here = question(), SiteFactory.create()
    own = question(site=here, text="Are you pregnant, or might you be?")
    question(site=SiteFactory.create(code="RIVER"), code="OTHER")
    assert [line.question for line in checklist_of(order, here)] == [own]
    assert [line.question for line in checklist_of(order, None)] == [general]
    own.active = False
    own.save()
    assert checklist_of(order, here) == []


@pytest.mark.parametrize("change", ["patient", "text", "age"])
def test_an_answer_counts_for_this_patient_this_question_and_this_day(
    order: Order,
    technologist: User,
    change: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = question()
    answer(order, technologist, asked, "no")
    assert checklist_of(order, None)[0].answer is not None
    if change == "patient":
        order.patient = make_order().patient
    elif change == "text":
        SafetyQuestion.objects.update(text="Another question?")
    else:
        later = timezone.now() + timedelta(hours=25)
        monkeypatch.setattr(timezone, "now", lambda: later)
    assert checklist_of(order, None)[0].is_open


def test_a_rule_that_became_stricter_stops_what_was_answered_before(
    order: Order, technologist: User
) -> None:
    asked = question(stops_on="yes")
    answer(order, technologist, asked, "unknown")
    asked.stops_on = "yes,unknown"
    asked.save()
    assert refused(order, technologist).code == "SAFETY_STOP"


def test_optional_questions_keep_nobody(order: Order, technologist: User) -> None:
    question(required=False)
    assert begun(order, technologist).status == ExamState.IN_PROGRESS


def test_what_the_order_brought_is_shown_and_is_no_answer(
    order: Order, technologist: User
) -> None:
    order.patient.allergies = ["Iodinated contrast"]
    order.patient.save()
    question(code="ALLERGY", known="allergies", kind="yes_no", stops_on="yes")
    line = checklist_of(Order.objects.get(pk=order.pk), None)[0]
    assert (line.known, line.is_open) == ("Iodinated contrast", True)
    assert refused(order, technologist).code == "SAFETY_OPEN"


def test_the_same_answer_is_kept_once_and_none_is_ever_changed(
    order: Order, technologist: User
) -> None:
    asked = question()
    kept = answer(order, technologist, asked, "no")
    assert kept is not None
    assert answer(order, technologist, asked, "no") is None
    assert order.events.filter(kind=OrderEvent.Kind.CHECK).count() == 1
    for change in (lambda: kept.save(), lambda: kept.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
