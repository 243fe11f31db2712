"""A message that was parked for a fault holds its own order, nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from radflow.accounts.models import User
from radflow.messaging.drain import drain
from radflow.messaging.models import InboundMessage, Peer
from radflow.messaging.services import replay_message
from radflow.messaging.waiting import waiting_behind, waits_for
from tests.door import deliver, order_message
from tests.factories import PeerFactory

ClientFor = Callable[[User], Client]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def states() -> dict[str, str]:
    return dict(InboundMessage.objects.values_list("control_id", "state"))


def unreadable(**more: str) -> bytes:
    """An order with an accession that DICOM cannot carry: parked, not refused."""
    return order_message(more="||||||||||||||TOO-LONG-FOR-AN-ACCESSION", **more)


def test_what_follows_of_the_same_order_waits_and_others_flow() -> None:
    deliver(unreadable(control_id="BAD", placer="P1"))
    deliver(
        order_message(control_id="CHANGE", control="XO", placer="P1"),
        order_message(control_id="OTHER", placer="P2"),
    )
    assert states() == {"BAD": "parked", "CHANGE": "received", "OTHER": "applied"}


def test_it_says_who_waits_behind_it() -> None:
    deliver(unreadable(control_id="BAD", placer="P1"))
    deliver(order_message(control_id="CHANGE", control="XO", placer="P1"))
    bad = InboundMessage.objects.get(control_id="BAD")
    change = InboundMessage.objects.get(control_id="CHANGE")
    assert waiting_behind(bad) == [change]
    assert waits_for(change) == bad
    assert waits_for(bad) is None
    assert waiting_behind(change) == []


def test_the_pages_say_so(interface_admin: User, client_for: ClientFor) -> None:
    deliver(unreadable(control_id="BAD", placer="P1"))
    deliver(order_message(control_id="CHANGE", control="XO", placer="P1"))
    bad, change = InboundMessage.objects.order_by("id")
    site = client_for(interface_admin)
    shown = site.get(f"/messages/in/{bad.pk}/").content.decode()
    assert "1 later message of the same order or patient waits behind it" in shown
    shown = site.get(f"/messages/in/{change.pk}/").content.decode()
    assert f"/messages/in/{bad.pk}/" in shown
    assert "which is parked" in shown


def test_an_order_with_a_number_of_its_own_does_not_wait_for_its_patient() -> None:
    """Same patient, another order: the order number is the key."""
    deliver(unreadable(control_id="BAD", placer="P1"))
    deliver(order_message(control_id="SAME PATIENT", placer="P7"))
    assert states()["SAME PATIENT"] == "applied"


def test_a_refusal_by_the_orders_state_holds_nobody() -> None:
    """HD before NW: held back, the new order would wait for its own change."""
    deliver(order_message(control_id="EARLY", control="HD", placer="P1"))
    deliver(order_message(control_id="NEW", placer="P1"))
    assert states() == {"EARLY": "parked", "NEW": "applied"}


def test_a_replayed_one_goes_before_those_that_waited(interface_admin: User) -> None:
    deliver(unreadable(control_id="BAD", placer="P1"))
    deliver(order_message(control_id="CHANGE", control="HD", placer="P1"))
    bad = InboundMessage.objects.get(control_id="BAD")
    replay_message(message_id=bad.pk, by=interface_admin)
    drain()
    # Nothing was mended, so it is parked again, and still holds.
    assert states() == {"BAD": "parked", "CHANGE": "received"}


def test_what_came_before_the_parked_one_does_not_wait_for_it(
    interface_admin: User,
) -> None:
    deliver(order_message(control_id="EARLY", control="HD", placer="P1"))
    deliver(unreadable(control_id="BAD", placer="P1"))
    early = InboundMessage.objects.get(control_id="EARLY")
    replay_message(message_id=early.pk, by=interface_admin)
    drain()
    early.refresh_from_db()
    assert early.state == "parked"
    assert early.error_code == "UNKNOWN_ORDER"


def test_the_same_number_of_another_sender_does_not_wait() -> None:
    """Two order systems count for themselves; P1 of one is not P1 of the other."""
    PeerFactory.create(sending_application="RIS", sending_facility="OTHER")
    deliver(unreadable(control_id="BAD", placer="P1"))
    theirs = order_message(
        control_id="THEIRS",
        placer="P1",
        pid="PID|1||900^^^OTHER^MR||Ng^Wei||19840316|M",
    )
    deliver(theirs.replace(b"EHRX", b"RIS").replace(b"|GENHOSP|", b"|OTHER|"))
    assert states() == {"BAD": "parked", "THEIRS": "applied"}
    bad = InboundMessage.objects.get(control_id="BAD")
    assert waiting_behind(bad) == []
