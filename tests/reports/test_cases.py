"""Critical cases: deadlines that are stored, an end that only a human makes."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from orders.models import Order
from radflow.accounts.models import User
from radflow.messaging.models import OutboundMessage
from radflow.messaging.signals import message_acknowledged
from reports.exceptions import CaseRefused
from reports.lifecycle import (
    CASE_TABLE,
    OPEN_CASE_STATES,
    CaseState,
)
from reports.lifecycle import CaseEvent as Event
from reports.models import CriticalCase
from reports.selectors import case_board
from reports.services import acknowledge_case, close_case, escalate_due, open_case
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(performed: Order, radiologist: User) -> CriticalCase:
    return open_case(
        order_id=performed.pk, category=1, finding="Embolus", user=radiologist
    )


def age(case: CriticalCase, **by: float) -> None:
    """Let time pass for this case alone: every stored moment moves back."""
    back = timedelta(**by)
    CriticalCase.objects.filter(pk=case.pk).update(
        identified_at=F("identified_at") - back,
        due_at=F("due_at") - back,
        next_step_at=F("next_step_at") - back,
    )
    case.ladder.update(due_at=F("due_at") - back)


def acknowledge(case: CriticalCase, user: User, **changes: object) -> CriticalCase:
    values: dict[str, object] = {
        "person": "Dr Fox",
        "method": "phone",
        "read_back": True,
        **changes,
    }
    return acknowledge_case(case_id=case.pk, user=user, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", list(CaseState))
@pytest.mark.parametrize("event", list(Event))
def test_only_an_acknowledgement_leads_to_acknowledged(
    state: CaseState, event: Event
) -> None:
    after = CASE_TABLE.get((state, event))
    if after is CaseState.ACKNOWLEDGED:
        assert event is Event.ACKNOWLEDGE
        assert state in OPEN_CASE_STATES


def test_the_target_and_the_ladder_are_stored_when_it_opens(
    case: CriticalCase,
) -> None:
    assert case.due_at - case.identified_at == timedelta(minutes=60)
    shares = [
        (s.due_at - case.identified_at).total_seconds() for s in case.ladder.all()
    ]
    assert shares == [0, 900, 1800, 2700, 3600]


def test_steps_are_taken_when_due_and_not_before(case: CriticalCase) -> None:
    assert escalate_due() == 1
    assert escalate_due() == 0
    age(case, minutes=16)
    assert escalate_due() == 1
    case.refresh_from_db()
    assert (case.level, case.state) == (1, "notifying")


def test_after_a_long_outage_every_step_is_made_up_once(case: CriticalCase) -> None:
    age(case, hours=5)
    assert escalate_due() == 5
    assert escalate_due() == 0
    assert [e.action for e in case.events.all()].count("escalated") == 4


def test_an_overdue_case_is_called_out_again_and_again(case: CriticalCase) -> None:
    age(case, hours=2)
    escalate_due()
    age(case, minutes=16)
    assert escalate_due() == 1
    assert case.events.filter(action="overdue").count() == 1
    assert [c.pk for c in case_board().overdue] == [case.pk]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_take_each_step_once(case: CriticalCase) -> None:
    age(case, hours=2)
    counts: list[int] = []

    def sweep() -> None:
        counts.append(escalate_due())
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 5
    told = case.events.filter(action__in=["notified", "escalated"])
    assert told.count() == 5


def test_a_named_human_ends_the_escalation(case: CriticalCase, referrer: User) -> None:
    acknowledge(case, referrer)
    age(case, hours=2)
    assert escalate_due() == 0
    case.refresh_from_db()
    assert (case.state, case.acknowledged_person) == ("acknowledged", "Dr Fox")
    assert case.acknowledged_by == referrer


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ({"person": " "}, "PERSON_MISSING"),
        ({"method": ""}, "METHOD_MISSING"),
        ({"read_back": False}, "READ_BACK_MISSING"),
    ],
)
def test_half_an_acknowledgement_is_none(
    case: CriticalCase, referrer: User, missing: dict[str, object], code: str
) -> None:
    with pytest.raises(CaseRefused) as refused:
        acknowledge(case, referrer, **missing)
    assert refused.value.code == code
    case.refresh_from_db()
    assert case.is_open


def test_a_technologist_cannot_acknowledge(
    case: CriticalCase, technologist: User
) -> None:
    with pytest.raises(CaseRefused):
        acknowledge(case, technologist)


def test_the_receivers_machine_acknowledges_nothing(case: CriticalCase) -> None:
    sent = OutboundMessage.objects.filter(order_ids__contains=[case.order_id]).first()
    assert sent is not None
    attempt = sent.tries.create(started_at=timezone.now(), outcome="AA")
    message_acknowledged.send(OutboundMessage, message=sent, attempt=attempt)
    case.refresh_from_db()
    assert case.is_open


def test_the_database_refuses_an_acknowledgement_without_a_human(
    case: CriticalCase,
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CriticalCase.objects.filter(pk=case.pk).update(state="acknowledged")


def test_only_an_acknowledged_case_can_be_closed(
    case: CriticalCase, radiologist: User
) -> None:
    with pytest.raises(CaseRefused):
        close_case(case_id=case.pk, user=radiologist)
    acknowledge(case, radiologist)
    assert close_case(case_id=case.pk, user=radiologist).state == "closed"


def test_the_same_finding_again_adds_to_the_open_case(
    case: CriticalCase, radiologist: User
) -> None:
    again = open_case(
        order_id=case.order_id, category=1, finding="embolus", user=radiologist
    )
    assert again == case


def test_acknowledged_twice_is_refused(case: CriticalCase, referrer: User) -> None:
    acknowledge(case, referrer)
    with pytest.raises(CaseRefused):
        acknowledge(case, UserFactory.create(role="radiologist"))
