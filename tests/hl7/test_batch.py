from __future__ import annotations

from datetime import UTC, datetime

import pytest

from radflow.hl7.acks import build_ack
from radflow.hl7.batch import build_batch_reply, read_batch, split_messages
from radflow.hl7.errors import HL7Error

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
BHS = "BHS|^~\\&|EHR|HOSP|RIS|DEPT|20261123||||B7"
FHS = "FHS|^~\\&|EHR|HOSP|RIS|DEPT|20261123||||F1"


def message(control_id: str) -> str:
    return (
        f"MSH|^~\\&|EHR|HOSP|RIS|DEPT|20261123||ADT^A08|{control_id}|P|2.5.1\rPID|1||7"
    )


def joined(*lines: str, end: str = "\r") -> bytes:
    return "".join(f"{line}\r" for line in lines).replace("\r", end).encode()


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_batch_comes_apart_into_its_messages(end: str) -> None:
    raw = joined(FHS, BHS, message("1"), message("2"), "BTS|2", "FTS|1", end=end)
    batch = read_batch(b"\xef\xbb\xbf" + raw)
    assert batch is not None
    assert batch.control_id == "B7"
    lines = [one.replace(end.encode(), b"\r").split(b"\r") for one in batch.messages]
    assert [line[0].split(b"|")[9] for line in lines] == [b"1", b"2"]
    assert [line[1] for line in lines] == [b"PID|1||7"] * 2


@pytest.mark.parametrize(
    "lines",
    [
        (message("1"), message("2")),
        (FHS, message("1"), message("2"), "FTS|1"),
        (BHS, message("1"), "BTS", BHS, message("2"), "BTS|1|all"),
        (FHS, BHS, message("1"), BHS, message("2"), "FTS|2"),
        (FHS, BHS, message("1"), message("2")),
    ],
)
def test_headers_trailers_and_counts_may_be_left_out(lines: tuple[str, ...]) -> None:
    first = () if lines[0].startswith(("FHS", "BHS")) else (BHS,)
    batch = read_batch(joined(*first, *lines))
    assert batch is not None
    assert len(batch.messages) == 2


def test_a_single_message_is_no_batch() -> None:
    assert read_batch(joined(message("1"))) is None
    assert read_batch(b"BHSX") is None


def test_an_empty_batch_holds_nothing() -> None:
    batch = read_batch(joined(BHS, "BTS|0"))
    assert batch is not None
    assert batch.messages == []


@pytest.mark.parametrize(
    ("lines", "code", "location"),
    [
        ((BHS, message("1"), "BTS|2"), "101", "BTS^1^1"),
        ((BHS, message("1"), "BTS|one"), "101", "BTS^1^1"),
        ((BHS, message("1"), "BTS|" + "9" * 5000), "101", "BTS^1^1"),
        ((FHS, BHS, message("1"), "BTS|1", "FTS|2"), "101", "FTS^1^1"),
        ((BHS, "PID|1", message("1"), "BTS|1"), "100", "BHS^1"),
        ((BHS, message("1"), "BTS|1", "FTS|1", message("2")), "100", "FTS^1"),
        ((BHS, FHS, message("1")), "100", "FHS^1"),
        ((FHS, "BTS|0"), "100", "BTS^1"),
        (("BHS|aa", message("1")), "102", "MSH^1^2"),
    ],
)
def test_a_batch_that_does_not_add_up_is_refused_whole(
    lines: tuple[str, ...], code: str, location: str
) -> None:
    with pytest.raises(HL7Error) as caught:
        read_batch(joined(*lines))
    assert (caught.value.code, caught.value.location) == (code, location)


def test_the_answer_names_the_batch_and_counts_its_answers() -> None:
    batch = read_batch(joined(BHS, message("1"), message("2"), message("3"), "BTS|3"))
    assert batch is not None
    acks = [
        build_ack(raw, "AA", control_id=str(number), now=NOW)
        for number, raw in enumerate(batch.messages)
    ]
    acks[1] = b""
    reply = build_batch_reply(batch, acks, control_id="R1", now=NOW).split(b"\r")
    head = b"BHS|^~\\&|RIS|DEPT|EHR|HOSP|20261123083000+0000||||R1|B7"
    assert reply[0] == head
    assert [line for line in reply if line.startswith(b"MSA")] == [
        b"MSA|AA|1",
        b"MSA|AA|3",
    ]
    assert reply[-2:] == [b"BTS|2", b""]


def test_a_file_of_batches_is_answered_as_one() -> None:
    lines = (FHS, BHS, message("1"), "BTS|1", message("2"), "BTS|1", "FTS|2")
    batch = read_batch(joined(*lines))
    assert batch is not None
    acks = [b"MSH|^~\\&\rMSA|AA|1\r", b"MSH|^~\\&\rMSA|AE|2\r"]
    raw = build_batch_reply(batch, acks, control_id="R", now=NOW, sender=("R|D", ""))
    again = read_batch(raw)
    assert again is not None
    assert again.messages == acks
    assert raw.startswith(b"FHS|^~\\&|RIS|DEPT|EHR|HOSP|20261123083000+0000||||R|F1\r")
    assert b"\rBHS|^~\\&|R\\F\\D||||20261123083000+0000||||R-2\r" in raw


def test_what_a_sender_wrote_in_its_header_cannot_inject() -> None:
    header = "BHS#!~\\&#E|H##R\\F\\X##\x85####B|7"
    batch = read_batch(joined(header, message("1")))
    assert batch is not None
    raw = build_batch_reply(batch, [b"MSH|^~\\&\r"], control_id="1", now=NOW)
    head = raw.split(b"\r")[0].split(b"|")
    assert (head[2], head[4], head[11]) == (b"R\\F\\X", b"E\\F\\H", b"B\\F\\7")


def test_several_headers_in_a_block_are_several_messages() -> None:
    raw = joined("", message("1"), message("2"), message("3"))
    parts = split_messages(raw)
    assert b"".join(parts) == raw
    assert [part.split(b"|")[9] for part in parts] == [b"1", b"2", b"3"]


def test_a_header_within_text_or_a_batch_stays_in_its_message() -> None:
    text = joined(message("1"), "OBX|1|TX|||see MSH|^~\\& above")
    batch = joined(BHS, message("1"), message("2"), "BTS|2")
    for raw in (text, batch, b"", b"MSH MSH", b"x\rMSH|1 MSH"):
        assert split_messages(raw) == [raw]
