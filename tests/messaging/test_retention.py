"""Retention removes bytes of what ended well, and of nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from radflow.audit.models import AuditEntry
from radflow.messaging.handling.retention import prune
from radflow.messaging.models import InboundMessage
from tests.door import deliver, order_message
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def received(db: None) -> None:
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")
    deliver(order_message(control_id="OLD", placer="P1"))
    deliver(order_message(control_id="HELD", placer="P2"))
    deliver(order_message(control_id="PARKED", control="HD", placer="P3"))
    InboundMessage.objects.filter(control_id="HELD").update(legal_hold=True)


@pytest.fixture
def a_year_later(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`received_at` is evidence and cannot be moved; the clock can."""
    settings.RETENTION_DAYS = 90
    later = timezone.now() + timedelta(days=365)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)


def sizes() -> dict[str, bool]:
    rows = InboundMessage.objects.values_list("control_id", "raw")
    return {control_id: bool(bytes(raw)) for control_id, raw in rows}


def test_without_a_setting_everything_is_kept_for_ever() -> None:
    assert prune() == 0
    assert all(sizes().values())


@pytest.mark.usefixtures("a_year_later")
def test_neither_the_held_nor_the_failed_lose_their_bytes() -> None:
    assert prune() == 1
    assert sizes() == {"OLD": False, "HELD": True, "PARKED": True}
    old = InboundMessage.objects.get(control_id="OLD")
    assert old.pruned_at is not None
    assert bytes(old.body_hash)
    (said,) = AuditEntry.objects.filter(action="messages_pruned")
    assert (said.detail["inbound"], said.detail["outbound"]) == (1, 0)
    assert prune() == 0


@pytest.mark.usefixtures("a_year_later")
def test_a_message_that_comes_again_gets_the_same_answer() -> None:
    prune()
    (answer,) = deliver(order_message(control_id="OLD", placer="P1"))
    assert answer.code == "AA"


@pytest.mark.parametrize("control_id", ["HELD", "PARKED"])
def test_the_database_refuses_what_retention_must_not_do(control_id: str) -> None:
    with pytest.raises(IntegrityError):
        InboundMessage.objects.filter(control_id=control_id).update(
            raw=b"", pruned_at=timezone.now()
        )


@pytest.mark.parametrize(
    "change", [{"raw": b""}, {"raw": b"MSH"}, {"pruned_at": timezone.now()}]
)
def test_bytes_go_as_a_whole_and_dated_or_not_at_all(change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        InboundMessage.objects.filter(control_id="OLD").update(**change)
