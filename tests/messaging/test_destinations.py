"""How messages are carried: TLS, release 2, one connection, in order among workers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import override_settings

from radflow.hl7.tls import server_context
from radflow.messaging.destinations import close_connections
from radflow.messaging.models import OutboundMessage, Peer
from radflow.messaging.relay import relay
from radflow.messaging.services import enqueue
from tests.factories import PeerFactory
from tests.hl7.certificates import issue, needs_openssl
from tests.messaging.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 20.0


@pytest.fixture(autouse=True)
def fresh_connections() -> Iterator[None]:
    yield
    close_connections()


def peer_at(port: int, **changes: object) -> Peer:
    return PeerFactory.create(host="127.0.0.1", port=port, ack_timeout=5, **changes)


def queue(peer: Peer, key: str = "K") -> OutboundMessage:
    message = enqueue(peer=peer, message_type="ORM^O01", segments=["PID|1"], key=key)
    assert message is not None
    return message


def outcome(message: OutboundMessage) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.tries.latest("id").outcome


@needs_openssl
def test_a_receiver_of_the_named_authority_is_sent_to_by_tls(tmp_path: Path) -> None:
    made = issue(tmp_path)
    context = server_context(made.certificate, made.key)
    with Receiver(context=context) as hospital:
        message = queue(peer_at(hospital.port, tls_out=True))
        with override_settings(TLS_CA=str(made.certificate)):
            relay()
    assert outcome(message) == ("acknowledged", "AA")


def test_without_its_authority_nothing_leaves_and_it_is_tried_again(
    tmp_path: Path,
) -> None:
    with Receiver() as hospital:
        message = queue(peer_at(hospital.port, tls_out=True))
        with override_settings(TLS_CA=str(tmp_path / "missing.pem")):
            relay()
        assert hospital.received == []
    assert outcome(message) == ("sent", "unreachable")


def test_a_host_that_is_no_name_stops_no_other_destination() -> None:
    with Receiver() as hospital:
        bad = queue(PeerFactory.create(host="no..name", port=2575))
        good = queue(peer_at(hospital.port))
        assert relay() == 2
    assert outcome(bad) == ("sent", "unreachable")
    assert outcome(good) == ("acknowledged", "AA")


def test_storage_is_told_both_ways_where_release_2_is_spoken() -> None:
    with Receiver(release2=True) as hospital:
        peer = peer_at(hospital.port, release2_out=True)
        first, second = queue(peer), queue(peer)
        assert relay() == 2
        assert hospital.commits >= 1
        assert hospital.connections == 1
    assert outcome(first) == outcome(second) == ("acknowledged", "AA")


def test_many_senders_share_one_connection_and_keep_the_order_of_each_key() -> None:
    with Receiver() as hospital:
        peer = peer_at(hospital.port)
        sent = [queue(peer, f"K{number % 4}") for number in range(24)]

        def work() -> None:
            try:
                while OutboundMessage.objects.exclude(state="acknowledged").exists():
                    relay()
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT)
        arrived = hospital.control_ids
        assert hospital.connections == 1
    assert sorted(arrived) == sorted(message.control_id for message in sent)
    for key in range(4):
        mine = [message.control_id for message in sent[key::4]]
        assert [one for one in arrived if one in mine] == mine
