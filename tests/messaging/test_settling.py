"""Acknowledgements that come later, as messages of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orders.models import OrderEvent
from radflow.messaging.destinations import close_connections
from radflow.messaging.models import InboundMessage, OutboundMessage, Peer
from radflow.messaging.relay import relay
from radflow.messaging.services import enqueue
from tests.door import deliver, last_inbound
from tests.factories import PeerFactory, make_order
from tests.messaging.receiver import Receiver, answer_with

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Receiver(answer_with("CA")) as hospital:
        yield PeerFactory.create(
            sending_application="EHRX",
            sending_facility="GENHOSP",
            host="127.0.0.1",
            port=hospital.port,
            ack_timeout=5,
            enhanced_out=True,
        )
        close_connections()


def sent(peer: Peer, *order_ids: int) -> OutboundMessage:
    message = enqueue(
        peer=peer,
        message_type="ORM^O01",
        segments=["PID|1"],
        key="K",
        order_ids=order_ids,
    )
    assert message is not None
    relay()
    message.refresh_from_db()
    assert message.state == "accepted"
    return message


def late(
    message: OutboundMessage,
    code: str,
    *more: str,
    kind: str = "ACK^O01",
    sender: str = "EHRX",
) -> bytes:
    head = (
        f"MSH|^~\\&|{sender}|GENHOSP|RADFLOW|RADDEPT|20261123||{kind}"
        f"|L{message.pk}{code}{len(more)}|P|2.5.1"
    )
    return "\r".join([head, f"MSA|{code}|{message.control_id}", *more, ""]).encode()


def after(message: OutboundMessage) -> OutboundMessage:
    message.refresh_from_db()
    return message


def test_a_late_acknowledgement_ends_the_message_it_answers(peer: Peer) -> None:
    order = make_order()
    message = sent(peer, order.pk)
    assert deliver(late(message, "AA")) == []
    inbound = last_inbound()
    assert (after(message).state, message.ack_code) == ("acknowledged", "AA")
    assert message.answer == inbound
    assert (inbound.state, inbound.order_ids) == ("applied", [order.pk])
    told = OrderEvent.objects.get(outbound_id=message.pk)
    assert told.title == "Receiver’s acknowledgement AA"


def test_a_late_error_refuses_the_message_with_its_reason(peer: Peer) -> None:
    message = sent(peer)
    deliver(late(message, "AE", "ERR||PID^1^3|204|E||||Not known here."))
    found = after(message)
    assert (found.state, found.error_code, found.error_location, found.error_text) == (
        "refused",
        "204",
        "PID^1^3",
        "Not known here.",
    )


def test_one_message_refused_late_does_not_stop_another_key(peer: Peer) -> None:
    first, second = sent(peer), sent(peer)
    deliver(late(first, "AR"))
    assert (after(first).state, after(second).state) == ("refused", "accepted")


def test_a_repeated_acknowledgement_changes_nothing(peer: Peer) -> None:
    message = sent(peer)
    deliver(late(message, "AA"), late(message, "AA", "NTE|1"))
    assert [row.state for row in InboundMessage.objects.all()] == ["applied"] * 2
    assert after(message).tries.filter(outcome="AA").count() == 1


def test_an_answer_to_nothing_of_ours_is_parked_with_its_reason(peer: Peer) -> None:
    message = OutboundMessage(pk=0, control_id="NEVER")
    deliver(late(message, "AA"))
    found = last_inbound()
    assert (found.state, found.error_code, found.error_location) == (
        "parked",
        "204",
        "MSA^1^2",
    )


def test_another_peer_cannot_answer_for_the_receiver(peer: Peer) -> None:
    message = sent(peer)
    PeerFactory.create(sending_application="OTHER")
    deliver(late(message, "AA", sender="OTHER"))
    assert (after(message).state, last_inbound().state) == ("accepted", "parked")


def test_an_error_after_an_acknowledgement_is_for_a_person(peer: Peer) -> None:
    message = sent(peer)
    deliver(late(message, "AA"), late(message, "AE"))
    assert (after(message).state, last_inbound().state) == ("acknowledged", "parked")


def test_an_answer_that_says_nothing_is_refused_at_the_door(peer: Peer) -> None:
    deliver(b"MSH|^~\\&|EHRX|GENHOSP|R|R|20261123||ACK|X1|P|2.5.1\r")
    assert (last_inbound().state, last_inbound().error_code) == ("rejected", "100")


@pytest.mark.parametrize("kind", ["ORR^O02", "ORL^O22", "ORG^O20", "ORI^O24"])
def test_the_placer_gives_its_number_to_our_order(peer: Peer, kind: str) -> None:
    order = make_order(placer_order_number="")
    message = sent(peer, order.pk)
    orc = f"ORC|NA|PL77^EHRX|{order.filler_order_number}^RADFLOW"
    deliver(late(message, "AA", orc, kind=kind))
    order.refresh_from_db()
    assert (order.placer_order_number, order.placer_namespace) == ("PL77", "EHRX")
    assert (after(message).state, last_inbound().state) == ("acknowledged", "applied")


def test_another_number_than_the_order_has_is_for_a_person(peer: Peer) -> None:
    order = make_order(placer_order_number="PL1")
    message = sent(peer, order.pk)
    deliver(late(message, "AA", "ORC|NA|PL2^EHRX", kind="ORR^O02"))
    assert (last_inbound().state, last_inbound().error_code) == (
        "parked",
        "PLACER_NUMBER",
    )


def test_what_the_placer_could_not_do_is_for_a_person(peer: Peer) -> None:
    order = make_order()
    message = sent(peer, order.pk)
    deliver(late(message, "AA", f"ORC|UC||{order.filler_order_number}", kind="ORR^O02"))
    found = last_inbound()
    assert (found.state, found.error_code) == ("parked", "UC")
    assert after(message).state == "acknowledged"
