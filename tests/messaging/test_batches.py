"""FHS and BHS batches at the door."""

from __future__ import annotations

import pytest

from radflow.messaging.intake import Intake, Received
from radflow.messaging.models import InboundMessage, Peer
from tests.door import order_message
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def batch(*messages: bytes, said: int | None = None) -> bytes:
    count = len(messages) if said is None else said
    head = b"BHS|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123083000||||B17\r"
    return head + b"".join(messages) + b"BTS|%d\r" % count


def answer_to(raw: bytes) -> bytes:
    (answer,) = Intake().receive([Received(raw, "192.0.2.1:5000")])
    assert isinstance(answer, bytes)
    return answer


ONE = order_message(control_id="C1", placer="P1")
TWO = order_message(control_id="C2", placer="P2")


def test_each_message_is_kept_and_acknowledged_in_one_batch() -> None:
    raw = batch(ONE, TWO)
    answer = answer_to(raw)
    assert answer.startswith(b"BHS|")
    assert answer.split(b"\r")[0].split(b"|")[11] == b"B17"
    assert answer.count(b"MSA|AA|") == 2
    assert b"BTS|2\r" in answer
    envelope = InboundMessage.objects.get(message_type="BHS")
    assert bytes(envelope.raw) == raw
    assert bytes(envelope.ack_raw) == answer
    kept = envelope.enveloped.order_by("id")
    assert [bytes(row.raw).rstrip(b"\r") for row in kept] == [
        ONE.rstrip(b"\r"),
        TWO.rstrip(b"\r"),
    ]


def test_a_wrong_count_refuses_all_of_it() -> None:
    answer = answer_to(batch(ONE, TWO, said=3))
    assert b"MSA|AE|" in answer
    row = InboundMessage.objects.get()
    assert (row.state, row.error_code) == ("rejected", "101")


def test_a_batch_that_comes_again_has_no_second_effect() -> None:
    raw = batch(ONE, TWO)
    answer_to(raw)
    again = answer_to(raw)
    assert again.count(b"MSA|AA|") == 2
    states = InboundMessage.objects.order_by("id").values_list("message_type", "state")
    assert list(states) == [
        ("BHS", "applied"),
        ("ORM^O01", "received"),
        ("ORM^O01", "received"),
        ("BHS", "duplicate"),
        ("ORM^O01", "duplicate"),
        ("ORM^O01", "duplicate"),
    ]


def test_a_bad_message_of_a_batch_is_refused_alone() -> None:
    answer = answer_to(batch(ONE, TWO.replace(b"PID|", b"PIX|")))
    assert answer.count(b"MSA|AA|") == 1
    assert answer.count(b"MSA|AE|") == 1
