"""What the listener takes, refuses and answers before anybody applies anything."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.test import override_settings

from orders.models import Order
from radflow.hl7.acks import Ack, read_ack
from radflow.messaging import intake
from radflow.messaging.intake import Intake, Received
from radflow.messaging.models import InboundMessage, Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 20.0


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def receive(*raws: bytes) -> list[bytes | None]:
    return Intake().receive([Received(raw, "192.0.2.1:5000") for raw in raws])


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


def test_the_answer_exists_only_after_the_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []
    real = intake._insert

    def insert(rows: list[InboundMessage]) -> None:
        real(rows)
        thread = threading.Thread(target=_count, args=(seen,))
        thread.start()
        thread.join(WAIT)

    monkeypatch.setattr(intake, "_insert", insert)
    assert ack_of(order_message()).code == "AA"
    assert seen == [0]
    assert InboundMessage.objects.count() == 1


def _count(seen: list[int]) -> None:
    try:
        seen.append(InboundMessage.objects.count())
    finally:
        connection.close()


@pytest.mark.parametrize("error", [OperationalError, DatabaseError])
def test_a_database_that_refuses_is_answered_with_send_again(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def insert(rows: list[InboundMessage]) -> None:
        raise error("no")

    monkeypatch.setattr(intake, "_insert", insert)
    ack = ack_of(order_message())
    assert (ack.code, ack.error_code) == ("AR", "207")
    assert InboundMessage.objects.count() == 0


def test_an_acknowledgement_gets_no_answer_though_the_database_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def insert(rows: list[InboundMessage]) -> None:
        raise OperationalError("no")

    monkeypatch.setattr(intake, "_insert", insert)
    assert receive(acknowledgement()) == [None]


def acknowledgement() -> bytes:
    return with_header(msh9="ACK", msh10="A1").partition(b"\r")[0] + b"\rMSA|AA|C1\r"


def test_an_acknowledgement_is_kept_and_not_answered() -> None:
    assert receive(acknowledgement()) == [None]
    assert (last_inbound().state, last_inbound().ack_code) == ("parked", "")


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
    real = intake._row

    def spoil(one: Received, verdict: Any) -> InboundMessage:
        row = real(one, verdict)
        if b"BAD" in one.raw:
            row.version = "too long for its column"
        return row

    monkeypatch.setattr(intake, "_row", spoil)
    bad, good = receive(order_message(control_id="BAD"), order_message(placer="P2"))
    assert bad is not None
    assert good is not None
    assert (read_ack(bad).code, read_ack(good).code) == ("AR", "AA")
    assert InboundMessage.objects.count() == 1


@pytest.mark.parametrize("change", [{"msh15": "AL"}, {"msh16": "AL"}])
def test_enhanced_mode_gets_the_commit_acknowledgement(change: dict[str, str]) -> None:
    ack = ack_of(with_header(**change))
    assert (ack.code, ack.control_id) == ("CA", "C1")
    assert ack_of(with_header(**change, msh12="2.9", msh10="C2")).code == "CR"


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
