"""Pausing, draining and redirecting a channel while it runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.exceptions import ValidationError

from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.live.models import LiveEvent
from radflow.messaging.channels.switches import (
    drain_sending,
    pause_applying,
    pause_sending,
    redirect_sending,
    resume_applying,
    resume_sending,
)
from radflow.messaging.destinations import close_connections
from radflow.messaging.models import OutboundMessage, Peer
from radflow.messaging.relay import relay
from radflow.messaging.services import enqueue
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory
from tests.messaging.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hospital() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver
        close_connections()


@pytest.fixture
def peer(hospital: Receiver) -> Peer:
    return PeerFactory.create(host="127.0.0.1", port=hospital.port, ack_timeout=5)


def queue(peer: Peer) -> OutboundMessage:
    peer.refresh_from_db()
    message = enqueue(peer=peer, message_type="ORM^O01", segments=["PID|1"], key="K")
    assert message is not None
    return message


def test_a_paused_destination_gets_nothing_until_it_is_resumed(
    peer: Peer, hospital: Receiver, interface_admin: User
) -> None:
    first, second = queue(peer), queue(peer)
    pause_sending(peer_id=peer.pk, by=interface_admin, reason="Their upgrade")
    assert relay() == 0
    resume_sending(peer_id=peer.pk, by=interface_admin, reason="Done")
    assert relay() == 2
    assert hospital.control_ids == [first.control_id, second.control_id]


def test_a_drained_destination_gets_what_was_queued_and_no_more(
    peer: Peer, hospital: Receiver, interface_admin: User
) -> None:
    first, second = queue(peer), queue(peer)
    drain_sending(peer_id=peer.pk, by=interface_admin, reason="Move")
    third = queue(peer)
    assert relay() == 2
    assert hospital.control_ids == [first.control_id, second.control_id]
    resume_sending(peer_id=peer.pk, by=interface_admin, reason="Moved")
    assert relay() == 1
    assert hospital.control_ids[-1] == third.control_id


def test_pausing_ends_a_drain(peer: Peer, interface_admin: User) -> None:
    queue(peer)
    drain_sending(peer_id=peer.pk, by=interface_admin, reason="Move")
    pause_sending(peer_id=peer.pk, by=interface_admin, reason="Stop")
    assert relay() == 0


def test_what_is_redirected_goes_elsewhere_until_it_is_ended(
    peer: Peer, hospital: Receiver, interface_admin: User
) -> None:
    with Receiver() as stand_in:
        there = ("127.0.0.1", stand_in.port)
        redirect_sending(peer_id=peer.pk, to=there, by=interface_admin, reason="Down")
        first = queue(peer)
        relay()
        assert stand_in.control_ids == [first.control_id]
        redirect_sending(peer_id=peer.pk, to=None, by=interface_admin, reason="Up")
        second = queue(peer)
        relay()
        assert hospital.control_ids == [second.control_id]
        close_connections()


@pytest.mark.parametrize("to", [("", 2575), ("ehr", 0), ("ehr", 70000)])
def test_a_destination_that_cannot_be_is_refused(
    to: tuple[str, int], peer: Peer, interface_admin: User
) -> None:
    with pytest.raises(ValidationError):
        redirect_sending(peer_id=peer.pk, to=to, by=interface_admin, reason="")


def test_each_switch_is_audited_with_its_reason_and_told_once(
    peer: Peer, interface_admin: User
) -> None:
    for _ in range(2):
        pause_sending(peer_id=peer.pk, by=interface_admin, reason="Their upgrade")
    entry = AuditEntry.objects.get(action="sending_paused")
    assert entry.actor_id == interface_admin.pk
    assert entry.detail == {"peer": peer.pk, "reason": "Their upgrade"}
    assert LiveEvent.objects.filter(topic="channel", object_id=peer.pk).count() == 1


def test_messages_of_a_paused_sender_are_answered_but_wait(
    interface_admin: User,
) -> None:
    peer = PeerFactory.create(sending_application="EHRX")
    pause_applying(peer_id=peer.pk, by=interface_admin, reason="New mapping")
    (ack,) = deliver(order_message())
    assert (ack.code, last_inbound().state) == ("AA", "received")
    resume_applying(peer_id=peer.pk, by=interface_admin, reason="Mapped")
    deliver(order_message(control_id="C2", placer="P2"))
    assert {last_inbound().state} == {"applied"}
