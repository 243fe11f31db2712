"""A replay shows what it would do, and does just that; the original is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from orders.models import Order, Patient
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.live.models import LiveEvent
from radflow.messaging import nudge
from radflow.messaging.drain import drain
from radflow.messaging.handling.dry_run import dry_run
from radflow.messaging.handling.replay import (
    NotReplayed,
    changed_fields,
    replay,
    replay_edited,
    text_of,
)
from radflow.messaging.models import InboundMessage, OutboundMessage, Peer
from tests.door import deliver, order_message
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)
TOO_LONG = "TOO-LONG-FOR-AN-ACCESSION"


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(
        name="Hospital", sending_application="EHRX", sending_facility="GENHOSP"
    )


@pytest.fixture
def page(interface_admin: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(interface_admin)


@pytest.fixture
def stranger() -> InboundMessage:
    """Parked, and would be applied now: its order has come since."""
    deliver(order_message(control_id="EARLY", control="HD", placer="P1"))
    deliver(order_message(control_id="NEW", placer="P1"))
    return InboundMessage.objects.get(control_id="EARLY")


@pytest.fixture
def bad() -> InboundMessage:
    more = f"||||||||||||||{TOO_LONG}"
    deliver(order_message(control_id="BAD", placer="P1", more=more))
    deliver(order_message(control_id="NEXT", control="CA", placer="P1"))
    return InboundMessage.objects.get(control_id="BAD")


def everything() -> list[object]:
    models = (Order, Patient, OutboundMessage, LiveEvent, AuditEntry, InboundMessage)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_a_dry_run_shows_the_difference_and_leaves_nothing(
    stranger: InboundMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, woken = everything(), list[str]()
    monkeypatch.setattr(nudge, "now", woken.append)
    found = dry_run(stranger.pk)
    assert found.would_apply
    assert any(one.label.endswith("status") for one in found.differences)
    assert everything() == before
    assert woken == []
    assert connection.run_on_commit == []


def test_it_says_what_would_be_overtaken(stranger: InboundMessage) -> None:
    assert dry_run(stranger.pk).overtakes == 1


def test_it_says_why_it_would_be_parked_again(bad: InboundMessage) -> None:
    found = dry_run(bad.pk)
    assert not found.would_apply
    assert (found.code, found.why) == (bad.error_code, bad.error_text)


def test_an_applied_one_is_replayed_only_with_a_reason(interface_admin: User) -> None:
    deliver(order_message())
    row = InboundMessage.objects.get()
    with pytest.raises(ValueError, match="Say why"):
        replay(message_id=row.pk, reason="", by=interface_admin)
    row.refresh_from_db()
    assert row.state == "applied"


def test_an_edited_copy_goes_before_what_waited_behind(
    bad: InboundMessage, interface_admin: User
) -> None:
    raw = bytes(bad.raw)
    text = text_of(bad).replace(TOO_LONG, "A1")
    copy = replay_edited(
        message_id=bad.pk, text=text, reason="Too long", by=interface_admin
    )
    drain()
    states = dict(InboundMessage.objects.values_list("pk", "state"))
    assert states == {
        bad.pk: "skipped",
        copy.pk: "applied",
        InboundMessage.objects.get(control_id="NEXT").pk: "applied",
    }
    bad.refresh_from_db()
    assert bytes(bad.raw) == raw
    assert copy.edited_from_id == bad.pk
    assert Order.objects.get().status == "cancelled"
    said = AuditEntry.objects.get(action="message_replaced")
    assert said.actor_id == interface_admin.pk
    assert said.detail["fields"] == ["OBR-18"]


def test_an_edit_that_cannot_be_applied_writes_nothing(
    bad: InboundMessage, interface_admin: User
) -> None:
    before = everything()
    text = text_of(bad).replace(TOO_LONG, f"{TOO_LONG}-STILL")
    with pytest.raises(NotReplayed):
        replay_edited(message_id=bad.pk, text=text, reason="x", by=interface_admin)
    assert everything() == before


@pytest.mark.parametrize("change", ["", "control ID"])
def test_neither_the_same_text_nor_another_control_id_is_taken(
    bad: InboundMessage, interface_admin: User, change: str
) -> None:
    text = text_of(bad)
    if change:
        text = text.replace("|BAD|", "|OTHER|").replace(TOO_LONG, "A1")
    with pytest.raises(NotReplayed):
        replay_edited(message_id=bad.pk, text=text, reason="x", by=interface_admin)


def test_fields_are_named_as_the_standard_counts_them() -> None:
    old = ["MSH|^~\\&|A|B", "PID|1||7"]
    assert changed_fields(old, ["MSH|^~\\&|A|C", "PID|1||8"]) == ["MSH-4", "PID-3"]
    assert changed_fields(old, old[:1]) == ["segments"]


def test_the_page_masks_what_names_the_patient(page: Client) -> None:
    deliver(order_message(pid="PID|1||700123^^^GENHOSP^MR||Okafor^Ada||19800514|F"))
    row = InboundMessage.objects.get()
    new = order_message(control_id="C2", control="XO", pid="PID|1||700123^^^GENHOSP^MR")
    deliver(new)
    answer = page.get(f"/messages/in/{row.pk}/dry-run/").content.decode()
    assert "Nothing written yet" in answer
    assert "Okafor" not in answer


def test_only_what_was_shown_is_done(page: Client, stranger: InboundMessage) -> None:
    address = f"/messages/in/{stranger.pk}/confirm/"
    answer = page.post(address, {"seen": "other", "reason": "x"}).content.decode()
    assert "has changed meanwhile" in answer
    stranger.refresh_from_db()
    assert stranger.state == "parked"
    seen = dry_run(stranger.pk).fingerprint
    page.post(address, {"seen": seen, "reason": "The order has come"})
    drain()
    stranger.refresh_from_db()
    assert stranger.state == "applied"


def test_the_text_is_edited_only_once_it_was_revealed(
    page: Client, bad: InboundMessage
) -> None:
    address = f"/messages/in/{bad.pk}/edit/"
    assert "Okafor" not in page.get(address).content.decode()
    page.post("/messages/reveal/", {"message": f"in-{bad.pk}", "scope": "message"})
    assert "Okafor" in page.get(address).content.decode()


def test_a_reader_may_not_try(
    bad: InboundMessage, radiologist: User, client_for: Callable[[User], Client]
) -> None:
    answer = client_for(radiologist).get(f"/messages/in/{bad.pk}/dry-run/")
    assert answer.status_code == 403
