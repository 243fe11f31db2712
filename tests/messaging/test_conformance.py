from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from radflow.messaging import conformance
from radflow.messaging.conformance import check_new, findings_of
from radflow.messaging.models import InboundMessage, InboundState
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def hospital(transactional_db: None) -> Any:
    return PeerFactory.create(sending_application="EHRX")


def test_new_messages_are_checked_later_and_their_state_stays() -> None:
    deliver(order_message(), order_message(control_id="C2", more="|" * 21 + "?"))
    before = list(InboundMessage.objects.values_list("state", flat=True))
    assert check_new() == 2
    assert check_new() == 0
    assert list(InboundMessage.objects.values_list("state", flat=True)) == before
    stored = [one.location for one in findings_of(last_inbound())]
    assert "OBR^1^25^1" in stored


def test_older_ones_are_checked_only_when_somebody_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conformance, "AGE", timedelta())
    deliver(order_message())
    assert check_new() == 0
    message = last_inbound()
    assert message.findings is None
    assert findings_of(message) == []


def test_one_that_waits_to_be_applied_is_left_alone() -> None:
    deliver(order_message())
    InboundMessage.objects.update(state=InboundState.RECEIVED)
    assert check_new() == 0


def test_the_viewer_gets_findings_before_the_worker_came_by() -> None:
    deliver(order_message(more="|" * 21 + "?"))
    now = findings_of(last_inbound())
    check_new()
    assert now
    assert findings_of(last_inbound()) == now


def test_an_unreadable_message_is_a_finding() -> None:
    deliver(b"hello")
    check_new()
    assert [one.code for one in findings_of(last_inbound())] == ["100"]


def test_no_more_than_asked_for_are_checked_at_once() -> None:
    deliver(*(order_message(control_id=f"C{n}", placer=f"P{n}") for n in range(3)))
    assert check_new(2) == 2
    assert InboundMessage.objects.filter(findings__isnull=True).count() == 1
