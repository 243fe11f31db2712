"""What the listener takes, refuses and answers before anybody applies anything."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.test import override_settings

from orders.models import Order
from radflow.accounts.models import User
from radflow.hl7.acks import Ack, read_ack
from radflow.messaging import arrivals, inbox, intake
from radflow.messaging.drain import drain
from radflow.messaging.intake import Intake, Received, Reply
from radflow.messaging.models import InboundMessage, Peer
from radflow.messaging.services import replay_message
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 20.0


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def receive(*raws: bytes) -> list[bytes | None]:
    answers = Intake().receive([Received(raw, "192.0.2.1:5000") for raw in raws])
    assert not any(isinstance(answer, intake.Pending) for answer in answers)
    return [answer for answer in answers if not isinstance(answer, intake.Pending)]


def ack_of(raw: bytes) -> Ack:
    (answer,) = receive(raw)
    assert answer is not None
    return read_ack(answer)


def with_header(**fields: str) -> bytes:
    """The order with other MSH fields, named `msh9` and the like."""
    head, _, body = order_message().decode().partition("\r")
    values = head.split("|") + [""] * 12
    for name, value in fields.items():
        values[int(name.removeprefix("msh")) - 1] = value
    return f"{'|'.join(values).rstrip('|')}\r{body}".encode()


@pytest.mark.parametrize(
    ("change", "code", "error", "location"),
    [
        ({"msh10": ""}, "AE", "101", "MSH^1^10"),
        ({"msh10": "C" * 200}, "AE", "102", "MSH^1^10"),
        ({"msh9": ""}, "AE", "101", "MSH^1^9"),
        ({"msh9": "XYZ^Q99"}, "AR", "200", "MSH^1^9"),
        ({"msh9": "ORM^O99"}, "AR", "201", "MSH^1^9^1^2"),
        ({"msh11": ""}, "AE", "101", "MSH^1^11"),
        ({"msh11": "T"}, "AR", "202", "MSH^1^11"),
        ({"msh12": "2.9"}, "AR", "203", "MSH^1^12"),
        ({"msh12": "1.0"}, "AR", "203", "MSH^1^12"),
        ({"msh3": "STRANGER"}, "AR", "103", "MSH^1^3"),
    ],
)
def test_refuses_a_header_with_code_and_place_and_keeps_the_bytes(
    change: dict[str, str], code: str, error: str, location: str
) -> None:
    raw = with_header(**change)
    ack = ack_of(raw)
    assert (ack.code, ack.error_code) == (code, error)
    row = InboundMessage.objects.get()
    assert (row.state, row.ack_code) == ("rejected", code)
    assert (row.error_code, row.error_location) == (error, location)
    assert bytes(row.raw) == raw
    assert location.startswith(ack.error_location.rstrip("^"))


@pytest.mark.parametrize(
    ("change", "location"),
    [
        ({"pid": "PID|1||||Okafor^Ada||19800514|F"}, "PID"),
        ({"control": ""}, "ORC"),
        ({"placer": ""}, "ORC"),
    ],
)
def test_refuses_an_order_without_what_an_order_must_say(
    change: dict[str, str], location: str
) -> None:
    raw = order_message(**change).replace(b"|^EHRX", b"|")
    ack = ack_of(raw)
    assert (ack.code, ack.error_code) == ("AE", "101")
    assert last_inbound().error_location.startswith(location)
    assert last_inbound().state == "rejected"


@pytest.mark.parametrize(
    "change", [{"msh7": ""}, {"msh7": "yesterday"}, {"msh7": "20010101"}]
)
def test_warns_of_a_wrong_clock_but_takes_the_message(change: dict[str, str]) -> None:
    assert ack_of(with_header(**change)).code == "AA"
    assert any("MSH-7" in text for text in last_inbound().warnings)


def test_what_was_answered_is_seen_by_everybody() -> None:
    seen: list[int] = []
    assert ack_of(order_message()).code == "AA"
    thread = threading.Thread(target=_count, args=(seen,))
    thread.start()
    thread.join(WAIT)
    assert seen == [1]


def test_a_batch_that_died_halfway_is_answered_as_what_was_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The repeat within the batch is a second statement; the first has committed."""
    real, calls = inbox.insert, list[int]()

    def insert(rows: list[InboundMessage]) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OperationalError("no")
        real(rows)

    monkeypatch.setattr(inbox, "insert", insert)
    first, second = receive(order_message(), order_message())
    assert first == second
    assert bytes(InboundMessage.objects.earliest("id").ack_raw) == first
    assert InboundMessage.objects.filter(state="received").count() == 1


def _count(seen: list[int]) -> None:
    try:
        seen.append(InboundMessage.objects.count())
    finally:
        connection.close()


@pytest.mark.parametrize("error", [OperationalError, DatabaseError])
def test_a_database_that_refuses_is_answered_with_send_again(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def insert(*rows: Any) -> None:
        raise error("no")

    monkeypatch.setattr(inbox, "_execute", insert)
    ack = ack_of(order_message())
    assert (ack.code, ack.error_code) == ("AR", "207")
    assert InboundMessage.objects.count() == 0


def test_an_acknowledgement_gets_no_answer_though_the_database_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def insert(*rows: Any) -> None:
        raise OperationalError("no")

    monkeypatch.setattr(inbox, "_execute", insert)
    assert receive(acknowledgement()) == [None]


def acknowledgement() -> bytes:
    return with_header(msh9="ACK", msh10="A1").partition(b"\r")[0] + b"\rMSA|AA|C1\r"


def test_an_acknowledgement_is_kept_and_not_answered() -> None:
    assert receive(acknowledgement()) == [None]
    assert (last_inbound().state, last_inbound().ack_code) == ("received", "")


def test_an_acknowledgement_that_asks_for_it_is_told_that_it_is_stored() -> None:
    head, _, rest = acknowledgement().partition(b"\r")
    fields = [*head.split(b"|"), *[b""] * 5][:16]
    fields[14:16] = [b"AL", b"NE"]
    (answer,) = receive(b"|".join(fields) + b"\r" + rest)
    assert answer is not None
    assert read_ack(answer).code == "CA"


def test_repeated_acknowledgements_spoil_no_batch() -> None:
    raws = [acknowledgement(), order_message(), acknowledgement()]
    answers = receive(*raws)
    assert [answers[0], answers[2]] == [None, None]
    assert answers[1] is not None
    assert read_ack(answers[1]).code == "AA"
    assert receive(acknowledgement()) == [None]
    assert InboundMessage.objects.count() == 4


@pytest.mark.parametrize("across", [True, False])
def test_the_same_bytes_get_the_same_answer_bytes(across: bool) -> None:
    raw = order_message()
    answers = receive(raw) + receive(raw) if across else receive(raw, raw)
    assert answers[0] == answers[1]
    first, second = InboundMessage.objects.order_by("id")
    assert (first.state, second.state) == ("received", "duplicate")
    assert second.duplicate_of == first
    assert bytes(second.ack_raw) == bytes(first.ack_raw)


def test_a_message_sent_again_at_another_time_is_a_duplicate() -> None:
    deliver(order_message(), with_header(msh7="20261123090000"))
    assert last_inbound().state == "duplicate"
    assert Order.objects.count() == 1


def test_a_duplicate_of_an_applied_message_has_no_second_effect() -> None:
    deliver(order_message())
    deliver(order_message())
    assert last_inbound().state == "duplicate"
    assert Order.objects.count() == 1


@pytest.mark.parametrize("across", [True, False])
def test_a_control_id_used_for_another_message_is_flagged_and_taken(
    across: bool,
) -> None:
    raws = [order_message(), order_message(placer="P2")]
    if across:
        deliver(raws[0])
        deliver(raws[1])
    else:
        deliver(*raws)
    first, second = InboundMessage.objects.order_by("id")
    assert (first.control_id_reused, second.control_id_reused) == (False, True)
    assert any("used before" in text for text in second.warnings)
    assert second.state == "applied"
    assert Order.objects.count() == 2


def test_a_rejected_message_may_come_again_once_mended(hospital: Peer) -> None:
    Peer.objects.update(enabled=False)
    assert ack_of(order_message()).code == "AR"
    Peer.objects.update(enabled=True)
    assert ack_of(order_message()).code == "AA"
    states = InboundMessage.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["rejected", "received"]


def test_one_message_at_two_listeners_at_once_has_one_original() -> None:
    raws = [order_message(control_id=f"C{n}", placer=f"P{n}") for n in range(20)]
    answers: dict[int, list[bytes | None]] = {}
    gate = threading.Barrier(2)

    def listen(number: int) -> None:
        try:
            gate.wait(WAIT)
            answers[number] = [receive(raw)[0] for raw in raws]
        finally:
            connection.close()

    threads = [threading.Thread(target=listen, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert answers[0] == answers[1]
    assert InboundMessage.objects.filter(state="received").count() == 20
    assert InboundMessage.objects.filter(state="duplicate").count() == 20


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe garbage",
        b"MSH",
        b"MSH|",
        b"\0",
        b"PID|1\rMSH|^~\\&|A\r",
        b"MSH|^~\\&|EHRX|GENHOSP|||2026||ORM^O01|N\0UL|P|2.5.1\rPID|\0\r",
        order_message().replace(b"Okafor", b"Ok\0afor"),
        order_message().replace(b"700123", b"700\0123"),
        order_message().replace(b"CTPA", b"\xff\xfe\x81"),
    ],
)
def test_whatever_the_bytes_they_are_kept_and_spoil_no_neighbour(raw: bytes) -> None:
    good = order_message(control_id="GOOD", placer="GOOD")
    answers = receive(raw, good)
    assert answers[1] is not None
    assert read_ack(answers[1]).code == "AA"
    kept = [bytes(row.raw) for row in InboundMessage.objects.order_by("id")]
    assert kept == [raw, good]


def test_a_row_that_the_database_refuses_spoils_no_neighbour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = arrivals.row_of

    def spoil(one: Received, verdict: Any) -> InboundMessage:
        row = real(one, verdict)
        if b"BAD" in one.raw:
            row.version = "too long for its column"
        return row

    monkeypatch.setattr(intake, "row_of", spoil)
    bad, good = receive(order_message(control_id="BAD"), order_message(placer="P2"))
    assert bad is not None
    assert good is not None
    assert (read_ack(bad).code, read_ack(good).code) == ("AR", "AA")
    assert InboundMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("accept", "application", "good", "bad"),
    [
        ("", "", "AA", "AR"),
        ("AL", "NE", "CA", "CR"),
        ("AL", "AL", "CA", "CR"),
        ("AL", "", "CA", "CR"),
        ("ER", "NE", None, "CR"),
        ("SU", "NE", "CA", None),
        ("NE", "NE", None, None),
        ("", "NE", None, None),
        ("NE", "AL", "AA", "AR"),
        ("", "AL", "AA", "AR"),
        ("NE", "ER", None, "AR"),
        ("nonsense", "", "CA", "CR"),
    ],
)
def test_answers_as_the_sender_asks(
    accept: str, application: str, good: str | None, bad: str | None
) -> None:
    asks = {"msh15": accept, "msh16": application}
    answers = receive(with_header(**asks), with_header(**asks, msh12="2.9"))
    codes = [read_ack(answer).code if answer else None for answer in answers]
    assert codes == [good, bad]
    states = InboundMessage.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["received", "rejected"]


def test_a_message_that_wants_no_answer_gets_none_again_when_repeated() -> None:
    raw = with_header(msh15="NE", msh16="NE")
    assert receive(raw) + receive(raw) == [None, None]
    assert last_inbound().state == "duplicate"


def test_enhanced_mode_is_told_that_sending_again_helps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def insert(*rows: Any) -> None:
        raise OperationalError("no")

    monkeypatch.setattr(inbox, "_execute", insert)
    assert ack_of(with_header(msh15="AL")).code == "CE"


def test_a_connection_that_died_is_replaced_without_a_refusal() -> None:
    listener = Intake()
    listener.receive([Received(order_message(), "192.0.2.1:5000")])
    assert connection.connection is not None
    connection.connection.close()
    again = order_message(control_id="C2", placer="P2")
    (answer,) = listener.receive([Received(again, "192.0.2.1:5000")])
    assert isinstance(answer, bytes)
    assert read_ack(answer).code == "AA"


def test_a_commit_whose_end_was_not_heard_is_not_done_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, calls = Intake._commit, list[int]()

    def commit(self: Intake, batch: list[Received]) -> list[Reply]:
        answers = real(self, batch)
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("the connection is lost")
        return answers

    monkeypatch.setattr(Intake, "_commit", commit)
    assert ack_of(order_message()).code == "AA"
    states = InboundMessage.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["received", "duplicate"]


@override_settings(ACCEPT_UNKNOWN_SENDERS=True)
def test_a_stranger_is_taken_where_welcome_and_applied_once_it_is_a_peer(
    interface_admin: User,
) -> None:
    raw = with_header(msh3="STRANGER", msh11="T")
    (ack,) = deliver(raw)
    parked = last_inbound()
    assert (ack.code, parked.state, parked.error_code) == ("AA", "parked", "103")
    added = PeerFactory.create(sending_application="STRANGER", sending_facility="*")
    replay_message(message_id=parked.pk, by=interface_admin)
    drain()
    assert (last_inbound().state, last_inbound().peer) == ("applied", added)


def test_keys_with_any_characters_are_kept_as_they_are() -> None:
    deliver(order_message(placer='a"b,{c}\\d'))
    assert 'O:a"b,{c}\\d' in last_inbound().keys


def test_a_disabled_peer_is_not_known() -> None:
    Peer.objects.update(enabled=False)
    assert ack_of(order_message()).error_code == "103"


def test_an_exact_peer_goes_before_a_wildcard() -> None:
    anyone = PeerFactory.create(sending_application="*", sending_facility="*")
    receive(order_message(), with_header(msh3="OTHER", msh10="C2"))
    first, second = InboundMessage.objects.order_by("id")
    assert first.peer != anyone
    assert second.peer == anyone


def test_a_disabled_exact_peer_does_not_come_in_as_anyone() -> None:
    PeerFactory.create(sending_application="*", sending_facility="*")
    Peer.objects.filter(sending_application="EHRX").update(enabled=False)
    assert ack_of(order_message()).code == "AR"


def test_acknowledgement_texts_name_no_patient() -> None:
    named = order_message(pid="PID|1||||Canaryson^Zed||19800514|F")
    answers = receive(named, order_message(version="9.9"), b"Canaryson")
    assert all(b"Canary" not in (answer or b"") for answer in answers)


@override_settings(HL7_APPLICATION="OURS")
def test_answers_in_our_name_where_the_sender_names_nobody() -> None:
    (answer,) = receive(with_header(msh5="", msh6=""))
    assert answer is not None
    assert b"|OURS|" in answer
