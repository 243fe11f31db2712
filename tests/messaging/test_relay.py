"""The outbox against a receiver on a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from orders.models import OrderEvent
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.messaging import relay as module
from radflow.messaging.destinations import close_connections
from radflow.messaging.exceptions import WrongState
from radflow.messaging.models import DeliveryAttempt, OutboundMessage, Peer
from radflow.messaging.relay import ERROR_TRIES, relay
from radflow.messaging.services import discard_message, enqueue, resend_message
from radflow.messaging.tasks import relay_outbox
from tests.factories import PeerFactory, make_order
from tests.messaging.receiver import Answer, Receiver, answer_with

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 20.0


@pytest.fixture(autouse=True)
def fresh_connections() -> Iterator[None]:
    yield
    close_connections()


def peer_at(port: int, **changes: object) -> Peer:
    values = {"host": "127.0.0.1", "port": port, "ack_timeout": 5, **changes}
    return PeerFactory.create(**values)


def queue(peer: Peer, key: str = "K", order_ids: tuple[int, ...] = ()) -> int:
    message = enqueue(
        peer=peer,
        message_type="ORM^O01",
        segments=["PID|1||7^^^G^MR||Okafor^Ada"],
        key=key,
        order_ids=order_ids,
    )
    assert message is not None
    return message.pk


def get(pk: int) -> OutboundMessage:
    return OutboundMessage.objects.get(pk=pk)


def state(pk: int) -> str:
    return get(pk).state


def make_due() -> None:
    past = timezone.now() - timedelta(seconds=1)
    OutboundMessage.objects.update(next_attempt_at=past)
    Peer.objects.update(retry_at=past)


def silent(raw: bytes) -> bytes | None:
    return None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_delivers_in_the_order_of_the_queue_and_never_again() -> None:
    with Receiver() as hospital:
        peer = peer_at(hospital.port)
        sent = [queue(peer) for _ in range(5)]
        assert relay() == 5
        make_due()
        assert relay() == 0
        assert hospital.control_ids == [get(pk).control_id for pk in sent]
    assert {state(pk) for pk in sent} == {"acknowledged"}
    assert {get(pk).ack_code for pk in sent} == {"AA"}
    assert all(get(pk).acknowledged_at for pk in sent)


def test_delivers_the_frozen_bytes() -> None:
    with Receiver(answer_with("CA")) as hospital:
        pk = queue(peer_at(hospital.port))
        relay()
        assert hospital.received == [bytes(get(pk).raw)]
    assert state(pk) == "acknowledged"


def test_an_error_is_tried_a_few_times_then_refused_with_its_reason() -> None:
    with Receiver(answer_with("AE")) as hospital:
        pk = queue(peer_at(hospital.port))
        for _ in range(ERROR_TRIES - 1):
            assert relay() == 1
            assert state(pk) == "sent"
            assert get(pk).next_attempt_at > timezone.now()
            assert relay() == 0
            make_due()
        relay()
    found = get(pk)
    assert (found.state, found.error_code, found.error_text) == (
        "refused",
        "101",
        "Mend it.",
    )
    assert len(set(hospital.received)) == 1
    outcomes = found.tries.values_list("outcome", flat=True)
    assert list(outcomes) == ["AE"] * ERROR_TRIES


def test_a_rejection_blocks_its_key_and_no_other() -> None:
    def answer(raw: bytes) -> bytes:
        code = "AR" if get_control(raw) == bad else "AA"
        made = answer_with(code)(raw)
        assert made is not None
        return made

    with Receiver(answer) as hospital:
        peer = peer_at(hospital.port)
        refused, behind, other = queue(peer), queue(peer), queue(peer, "L")
        bad = get(refused).control_id
        relay()
    assert [state(pk) for pk in (refused, behind, other)] == [
        "refused",
        "queued",
        "acknowledged",
    ]


def get_control(raw: bytes) -> str:
    return raw.decode().split("|")[9]


def test_discarding_lets_the_next_go(interface_admin: User) -> None:
    with Receiver(answer_with("AR"), answer_with("AA")) as hospital:
        peer = peer_at(hospital.port)
        first, second = queue(peer), queue(peer)
        assert relay() == 1
        discard_message(message_id=first, reason="Duplicate", by=interface_admin)
        assert relay() == 1
    assert [state(first), state(second)] == ["dead", "acknowledged"]
    assert AuditEntry.objects.get(action="message_discarded").detail == {
        "outbound": first,
        "reason": "Duplicate",
    }
    assert get(first).error_text == "Given up: Duplicate. Mend it."


def test_a_refused_one_sent_again_is_the_same_message(interface_admin: User) -> None:
    with Receiver(answer_with("AR"), answer_with("AA")) as hospital:
        pk = queue(peer_at(hospital.port))
        relay()
        resend_message(message_id=pk, by=interface_admin)
        relay()
        assert len(set(hospital.received)) == 1
    found = get(pk)
    assert (found.state, found.error_code, found.error_text) == ("acknowledged", "", "")
    assert AuditEntry.objects.filter(action="message_resent").count() == 1


@pytest.mark.parametrize(
    "act", [resend_message, partial(discard_message, reason="None")]
)
def test_an_acknowledged_one_is_never_reopened(
    act: object, interface_admin: User
) -> None:
    with Receiver() as hospital:
        pk = queue(peer_at(hospital.port))
        relay()
        with pytest.raises(WrongState):
            act(message_id=pk, by=interface_admin)  # type: ignore[operator]
        assert relay() == 0
    assert state(pk) == "acknowledged"


@pytest.mark.parametrize(
    "answer",
    [
        answer_with("AA", control_id="ANOTHER"),
        lambda raw: b"MSH|^~\\&|A|B|C|D|2026||ACK|1|P|2.5.1\r",
        lambda raw: b"nothing like it",
        answer_with("??"),
        answer_with(""),
    ],
)
def test_what_does_not_acknowledge_this_message_is_not_taken_for_it(
    answer: Answer,
) -> None:
    with Receiver(answer, answer_with("AA")) as hospital:
        pk = queue(peer_at(hospital.port))
        relay()
        assert state(pk) == "sent"
        make_due()
        relay()
        assert len(set(hospital.received)) == 1
    assert state(pk) == "acknowledged"
    assert DeliveryAttempt.objects.count() == 2


def test_after_a_lost_acknowledgement_the_same_bytes_go_again() -> None:
    with Receiver(silent, answer_with("AA")) as hospital:
        pk = queue(peer_at(hospital.port))
        relay()
        make_due()
        relay()
        assert len(hospital.received) == 2
        assert len(set(hospital.received)) == 1
    assert state(pk) == "acknowledged"
    assert get(pk).attempts == 2


def test_one_that_cannot_be_reached_is_tried_for_ever_and_in_order() -> None:
    peer = peer_at(free_port())
    first, second = queue(peer), queue(peer)
    for _ in range(ERROR_TRIES + 3):
        assert relay() == 1
        make_due()
    assert [state(first), state(second)] == ["sent", "queued"]
    with Receiver() as hospital:
        Peer.objects.update(port=hospital.port)
        relay()
        assert hospital.control_ids == [get(first).control_id, get(second).control_id]


def test_a_dead_peer_costs_one_try_a_round_however_many_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    peer = peer_at(free_port())
    with Receiver() as hospital:
        alive = peer_at(hospital.port)
        waiting = [queue(peer, f"K{n}") for n in range(20)]
        good = queue(alive)
        relay()
    assert state(good) == "acknowledged"
    assert DeliveryAttempt.objects.filter(message__in=waiting).count() == 1


def test_a_peer_that_does_not_answer_holds_up_one_worker_only() -> None:
    slow, other = peer_at(free_port()), peer_at(free_port())
    first, _, elsewhere = queue(slow, "K"), queue(slow, "L"), queue(other)
    leased = [module._lease(), module._lease(), module._lease()]
    assert [one.pk if one else None for one in leased] == [first, elsewhere, None]


def test_a_disabled_peer_gets_nothing() -> None:
    with Receiver() as hospital:
        pk = queue(peer_at(hospital.port))
        Peer.objects.update(enabled=False)
        assert relay() == 0
        Peer.objects.update(enabled=True)
        assert relay() == 1
    assert state(pk) == "acknowledged"


def test_the_lease_of_a_dead_worker_runs_out() -> None:
    with Receiver() as hospital:
        pk = queue(peer_at(hospital.port))
        assert module._lease() is not None
        assert relay() == 0
        past = timezone.now() - timedelta(seconds=1)
        OutboundMessage.objects.update(leased_until=past)
        assert relay() == 1
        assert hospital.control_ids == [get(pk).control_id]
    assert state(pk) == "acknowledged"


def test_a_late_worker_does_not_overrule_the_one_that_took_over() -> None:
    with Receiver(answer_with("AR")) as hospital:
        pk = queue(peer_at(hospital.port))
        late = module._lease()
        assert late is not None
        past = timezone.now() - timedelta(seconds=1)
        OutboundMessage.objects.update(leased_until=past)
        holder = module._lease()
        assert holder is not None
        module._settle(late, module.Try("AR"), timezone.now())
        assert state(pk) == "sent"
        module._settle(holder, module.Try("AA"), timezone.now())
    assert state(pk) == "acknowledged"


def test_two_workers_deliver_each_once() -> None:
    with Receiver() as hospital:
        peer = peer_at(hospital.port)
        sent = [queue(peer, f"K{n % 3}") for n in range(12)]

        def work() -> None:
            try:
                relay()
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT)
        relay()
        assert sorted(hospital.control_ids) == sorted(get(pk).control_id for pk in sent)
        for key in range(3):
            mine = [get(pk).control_id for pk in sent[key::3]]
            assert [one for one in hospital.control_ids if one in mine] == mine
    assert {state(pk) for pk in sent} == {"acknowledged"}


def test_a_refusal_with_a_nul_in_its_text_is_still_settled() -> None:
    def answer(raw: bytes) -> bytes:
        made = answer_with("AR")(raw)
        assert made is not None
        return made.replace(b"Mend it.", b"Mend\0it.").replace(b"|101|", b"|10\0001|")

    with Receiver(answer) as hospital:
        pk = queue(peer_at(hospital.port))
        relay()
    assert state(pk) == "refused"


@pytest.mark.parametrize(("code", "kind"), [("AA", "message"), ("AR", "stop")])
def test_the_timeline_tells_what_the_receiver_said(code: str, kind: str) -> None:
    order = make_order()
    with Receiver(answer_with(code)) as hospital:
        pk = queue(peer_at(hospital.port), order_ids=(order.pk,))
        relay_outbox()
    told = OrderEvent.objects.get(outbound_id=pk)
    assert (told.order_id, told.kind) == (order.pk, kind)
    assert code in told.title


def test_nothing_is_queued_for_a_peer_without_an_address() -> None:
    peer = PeerFactory.create()
    assert (
        enqueue(peer=peer, message_type="ORM^O01", segments=["PID|1"], key="K") is None
    )
    assert not OutboundMessage.objects.exists()


def test_one_sent_again_by_a_person_has_all_its_tries_again(
    interface_admin: User,
) -> None:
    with Receiver(answer_with("AE")) as hospital:
        pk = queue(peer_at(hospital.port))
        for _ in range(ERROR_TRIES):
            relay()
            make_due()
        assert state(pk) == "refused"
        resend_message(message_id=pk, by=interface_admin)
        relay()
    assert state(pk) == "sent"


def test_the_connection_is_kept_between_messages() -> None:
    with Receiver() as hospital:
        peer = peer_at(hospital.port)
        for _ in range(3):
            queue(peer)
            assert relay() == 1
        assert hospital.connections == 1


def test_a_time_out_closes_the_connection_and_sends_the_same_bytes_on_another() -> None:
    hold = threading.Event()

    def late(raw: bytes) -> bytes | None:
        hold.wait(WAIT)
        return answer_with("AA")(raw)

    with Receiver(late, answer_with("AA")) as hospital:
        pk = queue(peer_at(hospital.port, ack_timeout=1))
        relay()
        hold.set()
        assert (state(pk), get(pk).tries.get().outcome) == ("sent", "timeout")
        make_due()
        relay()
        assert (hospital.connections, len(set(hospital.received))) == (2, 1)
    assert state(pk) == "acknowledged"


def test_an_enhanced_message_asks_for_both_and_waits_for_the_result() -> None:
    with Receiver(answer_with("CA")) as hospital:
        pk = queue(peer_at(hospital.port, enhanced_out=True))
        relay()
        (raw,) = hospital.received
    assert raw.decode().split("\r")[0].split("|")[14:16] == ["AL", "AL"]
    found = get(pk)
    assert (found.state, found.ack_code) == ("accepted", "CA")
    assert found.accepted_at
    assert found.acknowledged_at is None
