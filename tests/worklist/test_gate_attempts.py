"""A thousand tries at the gate, each with one thing wrong: none begins."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from orders.lifecycle import ExamState
from orders.models import Order
from radflow.accounts.models import User
from tests.factories import StationFactory, UserFactory
from tests.worklist.at_the_gate import answered, begun, scanned
from tests.worklist.pages.exams import booked
from worklist.exceptions import GateRefused
from worklist.models import PerformedStep, PersonCheck, Verification
from worklist.services import begin_exam

pytestmark = pytest.mark.django_db
ATTEMPTS = 1000
Try = Callable[["Desk"], Verification]


class Desk:
    """The exam in front, its neighbours of today, and chance."""

    def __init__(self, order: Order, others: list[Order], user: User) -> None:
        self.order, self.others, self.user = order, others, user
        self.chance = random.Random(6)

    @property
    def mrn(self) -> str:
        return "00123456"

    def other(self) -> Order:
        return self.chance.choice(self.others)

    def misread(self, text: str) -> str:
        """One character wrong, lost, doubled, or two exchanged; never the same."""
        at = self.chance.randrange(len(text) - 1)
        changed = self.chance.choice(
            [
                text[:at] + self.chance.choice("0123456789X") + text[at + 1 :],
                text[:at] + text[at + 1 :],
                text[:at] + text[at] + text[at:],
                text[:at] + text[at + 1] + text[at] + text[at + 2 :],
                text[: at + 1],
                f"{text}^^^ELSEWHERE",
                "",
            ]
        )
        return changed if changed != text else f"{text}0"

    def scan(self, **changes: str) -> Verification:
        return scanned(self.order, self.user, **changes)


def wrong_wristband(desk: Desk) -> Verification:
    return desk.scan(presented_patient_id=desk.misread(desk.mrn))


def wrong_person(desk: Desk) -> Verification:
    theirs = desk.other().patient.identifiers.get().value
    return desk.scan(presented_patient_id=theirs)


def wrong_requisition(desk: Desk) -> Verification:
    accession = desk.misread(desk.order.accession_number).partition("^")[0]
    if accession == desk.order.accession_number:
        accession = ""
    return desk.scan(presented_accession=accession)


def wrong_exam(desk: Desk) -> Verification:
    return desk.scan(presented_accession=desk.other().accession_number)


def exchanged(desk: Desk) -> Verification:
    accession = desk.order.accession_number
    return desk.scan(presented_patient_id=accession, presented_accession=desk.mrn)


def wrong_birth_date(desk: Desk) -> Verification:
    check = desk.scan()
    born = date(1945, 7, 14)
    days = desk.chance.choice([1, -1, 30, -31, 365, -366, 3287, 10_000])
    wrong = born + timedelta(days=days)
    said = desk.chance.choice([f"{wrong:%d-%m-%Y}", f"{born:%m/%d/%Y}", f"{born:%Y}"])
    answered(check, birth_date=said)
    return check


def name_not_said(desk: Desk) -> Verification:
    check = desk.scan()
    answered(check, name_said=False)
    return check


def wrong_side(desk: Desk) -> Verification:
    check = desk.scan()
    answered(check, side=desk.chance.choice(["LEFT", "BOTH", ""]))
    return check


def not_asked(desk: Desk) -> Verification:
    return desk.scan()


def check_of_another_exam(desk: Desk) -> Verification:
    check = scanned(desk.other(), desk.user)
    answered(check)
    return check


def check_of_a_colleague(desk: Desk) -> Verification:
    check = scanned(desk.order, UserFactory.create())
    answered(check)
    return check


TRIES: tuple[Try, ...] = (
    wrong_wristband,
    wrong_person,
    wrong_requisition,
    wrong_exam,
    exchanged,
    wrong_birth_date,
    name_not_said,
    wrong_side,
    not_asked,
    check_of_another_exam,
    check_of_a_colleague,
)


@pytest.fixture
def desk(technologist: User) -> Desk:
    station = StationFactory.create()
    order = booked(
        station,
        mrn="00123456",
        accession="26-004512",
        family="Halvorsen",
        given="Jane Anne",
        born="19450714",
        laterality="RIGHT",
    )
    near = [
        ("00123465", "26-004521", "Halversen"),
        ("00123457", "26-004513", "Halvorsen"),
        ("00132456", "26-004152", "Halvorson"),
    ]
    others = [
        booked(station, mrn=mrn, accession=accession, family=family, minutes=30 * n)
        for n, (mrn, accession, family) in enumerate(near, 1)
    ]
    return Desk(order, others, technologist)


def test_of_a_thousand_tries_with_one_thing_wrong_none_begins(desk: Desk) -> None:
    tried: Counter[str] = Counter()
    for _ in range(ATTEMPTS):
        attempt = desk.chance.choice(TRIES)
        tried[attempt.__name__] += 1
        with pytest.raises(GateRefused):
            begin_with(desk, attempt)
    assert min(tried.values()) > ATTEMPTS / len(TRIES) / 2, tried
    desk.order.refresh_from_db()
    assert desk.order.status == ExamState.SCHEDULED
    assert not PerformedStep.objects.exists()
    assert Verification.objects.filter(used_at=None).count() == ATTEMPTS
    passed = PersonCheck.objects.filter(passed=True, user=desk.user)
    assert not passed.filter(verification__order=desk.order).exists()
    assert begun(desk.order, desk.user).status == ExamState.IN_PROGRESS


def begin_with(desk: Desk, attempt: Try) -> None:
    check = attempt(desk)
    if not check.matched:
        answered_anyway(check)
    begin_exam(order_id=desk.order.pk, user=desk.user, verification_id=check.pk)


def answered_anyway(check: Verification) -> None:
    """Nobody is asked on a check that does not fit."""
    with pytest.raises(GateRefused):
        answered(check)
