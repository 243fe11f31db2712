"""No exam begins without a fresh, own, matching check of identity."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from orders.lifecycle import ExamState
from orders.models import Order, OrderEvent
from orders.requests import Identifier
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.factories import UserFactory, make_order, patient_request
from tests.worklist.at_the_gate import answered
from tests.worklist.example import example_12_1
from worklist.exceptions import GateRefused
from worklist.models import GateOverride, PerformedStep, PersonCheck, Verification
from worklist.services import begin_exam, override_check, verify_identity

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(station: object) -> Order:
    return example_12_1()


def check(
    order: Order, user: User, patient_id: str = "700123", accession: str = "ACC26030017"
) -> Verification:
    return verify_identity(
        order_id=order.pk,
        user=user,
        presented_patient_id=patient_id,
        presented_accession=accession,
        method="scanned",
    )


def begin(order: Order, user: User, verification: Verification) -> Order:
    return begin_exam(order_id=order.pk, user=user, verification_id=verification.pk)


def said(verification: Verification, **changes: Any) -> Verification:
    answered(verification, **changes)
    return verification


def refused(order: Order, user: User, verification: Verification) -> str:
    with pytest.raises(GateRefused) as caught:
        begin(order, user, verification)
    order.refresh_from_db()
    assert order.status == ExamState.SCHEDULED
    assert not PerformedStep.objects.exists()
    return caught.value.text


@pytest.mark.parametrize("patient_id", ["700123", " 700123 ", "700123^^^GENHOSP^MR"])
def test_both_identifiers_let_the_exam_begin_once(
    order: Order, technologist: User, patient_id: str
) -> None:
    verification = said(check(order, technologist, patient_id))
    assert verification.matched
    assert begin(order, technologist, verification).status == ExamState.IN_PROGRESS
    step = PerformedStep.objects.get(order=order)
    assert (step.from_modality, step.status) == (False, "IN PROGRESS")
    assert step.step == order.steps.get()
    verification.refresh_from_db()
    assert verification.used_at is not None


@pytest.mark.parametrize(
    ("patient_id", "accession"),
    [
        ("700124", "ACC26030017"),
        ("700123", "ACC26030018"),
        ("9990001112", "ACC26030017"),
        ("700123^^^OTHER^MR", "ACC26030017"),
        ("", ""),
    ],
)
def test_a_mismatch_blocks_and_is_recorded_with_both_values(
    order: Order, technologist: User, patient_id: str, accession: str
) -> None:
    verification = check(order, technologist, patient_id, accession)
    assert not verification.matched
    refused(order, technologist, verification)
    stop = order.events.get(kind=OrderEvent.Kind.STOP)
    wrong = patient_id if not verification.patient_matches else accession
    assert (wrong or "nothing") in stop.detail
    assert stop.user == technologist
    assert AuditEntry.objects.filter(
        action="identity_mismatched", order_id=order.pk
    ).exists()


def test_an_identifier_that_two_patients_share_needs_its_authority(
    order: Order, technologist: User
) -> None:
    make_order(
        patient=patient_request(identifiers=(Identifier("700123", "ELSEWHERE"),))
    )
    assert not check(order, technologist, "700123").matched
    assert check(order, technologist, "700123^^^GENHOSP").matched


def test_somebody_elses_check_does_not_count(order: Order, technologist: User) -> None:
    verification = said(check(order, UserFactory.create()))
    assert "Somebody else" in refused(order, technologist, verification)


def test_a_check_of_another_exam_does_not_count(
    order: Order, technologist: User
) -> None:
    other = make_order()
    verification = verify_identity(
        order_id=other.pk,
        user=technologist,
        presented_patient_id=other.patient.identifiers.get().value,
        presented_accession=other.accession_number,
        method="typed",
    )
    assert verification.matched
    assert "another exam" in refused(order, technologist, verification)


def test_a_used_check_does_not_count_again(order: Order, technologist: User) -> None:
    verification = said(check(order, technologist))
    Verification.objects.filter(pk=verification.pk).update(used_at=timezone.now())
    assert "used already" in refused(order, technologist, verification)


def test_an_old_check_does_not_count(
    order: Order, technologist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = timezone.now() - timedelta(minutes=10, seconds=1)
    with monkeypatch.context() as clock:
        clock.setattr(timezone, "now", lambda: then)
        verification = said(check(order, technologist))
    assert "ten minutes" in refused(order, technologist, verification)


@pytest.mark.parametrize(
    "change",
    [
        {"accession_number": "ACC99"},
        {"laterality": "LEFT"},
        {"procedure_code": "CTHEAD"},
    ],
)
def test_an_exam_that_changed_since_needs_a_new_check(
    order: Order, technologist: User, change: dict[str, str]
) -> None:
    verification = said(check(order, technologist))
    Order.objects.filter(pk=order.pk).update(**change)
    assert "changed" in refused(order, technologist, verification)


def test_an_exam_given_to_another_patient_needs_a_new_check(
    order: Order, technologist: User
) -> None:
    verification = said(check(order, technologist))
    Order.objects.filter(pk=order.pk).update(patient=make_order().patient)
    assert "changed" in refused(order, technologist, verification)


def test_no_check_at_all_begins_nothing(order: Order, technologist: User) -> None:
    with pytest.raises(GateRefused):
        begin_exam(order_id=order.pk, user=technologist, verification_id=0)


def test_an_exam_that_is_not_scheduled_does_not_begin(technologist: User) -> None:
    order = make_order()
    verification = verify_identity(
        order_id=order.pk,
        user=technologist,
        presented_patient_id=order.patient.identifiers.get().value,
        presented_accession=order.accession_number,
        method="typed",
    )
    with pytest.raises(GateRefused) as caught:
        begin(order, technologist, verification)
    assert caught.value.code == "ORDER_STATE"


@pytest.mark.parametrize(
    "answers",
    [
        {"name_said": False},
        {"birth_date": ""},
        {"birth_date": "05-14-1980"},
        {"birth_date": "14-05-1981"},
        {"birth_date": "14-05-80"},
        {"cannot_say": "relative"},
        {"cannot_say": "asleep", "witness": "Ward nurse"},
        {"cannot_say": "staff", "witness": "Jo Lee", "birth_date": "13-05-1980"},
        {"side": "LEFT"},
    ],
)
def test_nothing_begins_on_answers_that_are_not_enough(
    order: Order, technologist: User, answers: dict[str, Any]
) -> None:
    if answers.get("cannot_say") == "relative":
        answers = {**answers, "name_said": False, "birth_date": ""}
    verification = check(order, technologist)
    assert not answered(verification, **answers).passed
    assert "Ask the patient" in refused(order, technologist, verification)


def test_nothing_begins_before_the_patient_was_asked(
    order: Order, technologist: User
) -> None:
    assert "Ask the patient" in refused(order, technologist, check(order, technologist))


@pytest.mark.parametrize(
    "born", ["14-05-1980", "14.5.1980", "14 May 1980", "14. Mai 1980", "14051980"]
)
def test_a_birth_date_is_taken_as_it_is_said(
    order: Order, technologist: User, born: str
) -> None:
    verification = said(check(order, technologist), birth_date=born)
    assert begin(order, technologist, verification).status == ExamState.IN_PROGRESS
    kept = PersonCheck.objects.get()
    assert (kept.birth_date_said, kept.birth_date_expected) == (born, "19800514")


def test_who_cannot_speak_is_spoken_for_and_that_is_kept(
    order: Order, technologist: User
) -> None:
    silent = {"name_said": False, "birth_date": "", "cannot_say": "staff"}
    verification = said(check(order, technologist), **silent, witness="Jo Lee")
    assert begin(order, technologist, verification).status == ExamState.IN_PROGRESS
    told = order.events.get(title="Person confirmed")
    assert told.detail == "Wristband checked with a second member of staff: Jo Lee"


def test_the_last_answer_counts_and_every_one_is_kept(
    order: Order, technologist: User
) -> None:
    verification = said(check(order, technologist))
    answered(verification, birth_date="15-05-1980")
    assert "Ask the patient" in refused(order, technologist, verification)
    assert PersonCheck.objects.count() == 2
    stop = order.events.get(title="Birth date does not match")
    assert stop.detail == "Expected 19800514, got 15-05-1980"


def test_a_birth_date_that_was_corrected_since_needs_a_new_check(
    order: Order, technologist: User
) -> None:
    verification = said(check(order, technologist))
    patient = order.patient
    patient.birth_date_text = "19810514"
    patient.save()
    assert "changed" in refused(order, technologist, verification)


def test_answers_and_signatures_are_never_changed(
    order: Order, technologist: User
) -> None:
    kept = answered(check(order, technologist))
    for change in (lambda: kept.save(), lambda: kept.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def overridden(
    order: Order, user: User, verification: Verification, signer: User
) -> GateOverride:
    return override_check(
        order_id=order.pk,
        verification_id=verification.pk,
        user=user,
        signer=signer,
        reason="damaged",
        comment="Compared with the chart",
    )


@pytest.mark.parametrize(
    ("patient_id", "accession"),
    [("", "ACC26030017"), ("70012", "ACC26030017"), ("700123", "")],
)
def test_two_people_may_sign_for_what_cannot_be_read(
    order: Order, technologist: User, patient_id: str, accession: str
) -> None:
    verification = check(order, technologist, patient_id, accession)
    second = UserFactory.create()
    overridden(order, technologist, verification, second)
    verification = Verification.objects.get(pk=verification.pk)
    assert "Ask the patient" in refused(order, technologist, verification)
    said(verification)
    assert begin(order, technologist, verification).status == ExamState.IN_PROGRESS
    entries = AuditEntry.objects.filter(action="identity_overridden")
    assert {entry.actor_id for entry in entries} == {technologist.pk, second.pk}


def test_nobody_signs_for_a_wristband_of_another_person_or_for_nothing(
    order: Order, technologist: User
) -> None:
    other = make_order()
    theirs = other.patient.identifiers.get().value
    for patient_id, accession in (
        (theirs, order.accession_number),
        (theirs, ""),
        (f"{theirs}^^^GENHOSP", order.accession_number),
        ("700123", other.accession_number),
        ("700123", theirs),
        ("700123^^^OTHER", order.accession_number),
        ("", ""),
        ("1", "2"),
    ):
        verification = check(order, technologist, patient_id, accession)
        with pytest.raises(GateRefused):
            overridden(order, technologist, verification, UserFactory.create())
    assert not GateOverride.objects.exists()


def test_a_number_given_to_somebody_else_since_ends_the_override(
    order: Order, technologist: User
) -> None:
    verification = check(order, technologist, "70012")
    overridden(order, technologist, verification, UserFactory.create())
    verification = said(Verification.objects.get(pk=verification.pk))
    make_order(patient=patient_request(identifiers=(Identifier("70012", "GENHOSP"),)))
    assert "changed" in refused(order, technologist, verification)


@pytest.mark.parametrize("role", ["coordinator", "radiologist", "administrator"])
def test_only_another_person_who_performs_exams_signs(
    order: Order, technologist: User, role: str
) -> None:
    verification = check(order, technologist, "")
    for signer in (technologist, UserFactory.create(role=role)):
        with pytest.raises(GateRefused):
            overridden(order, technologist, verification, signer)
    refused(order, technologist, verification)
