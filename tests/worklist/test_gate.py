"""No exam begins without a fresh, own, matching check of identity."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.lifecycle import ExamState
from orders.models import Order, OrderEvent
from orders.requests import Identifier
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.factories import UserFactory, make_order, patient_request
from tests.worklist.example import example_12_1
from worklist.exceptions import GateRefused
from worklist.models import PerformedStep, Verification
from worklist.services import begin_exam, verify_identity

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
    verification = check(order, technologist, patient_id)
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
    verification = check(order, UserFactory.create())
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
    verification = check(order, technologist)
    Verification.objects.filter(pk=verification.pk).update(used_at=timezone.now())
    assert "used already" in refused(order, technologist, verification)


def test_an_old_check_does_not_count(
    order: Order, technologist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = timezone.now() - timedelta(minutes=10, seconds=1)
    with monkeypatch.context() as clock:
        clock.setattr(timezone, "now", lambda: then)
        verification = check(order, technologist)
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
    verification = check(order, technologist)
    Order.objects.filter(pk=order.pk).update(**change)
    assert "changed" in refused(order, technologist, verification)


def test_an_exam_given_to_another_patient_needs_a_new_check(
    order: Order, technologist: User
) -> None:
    verification = check(order, technologist)
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
