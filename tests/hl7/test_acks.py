from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radflow.hl7.acks import Ack, build_ack, read_ack
from radflow.hl7.errors import HL7Error
from radflow.hl7.message import Message
from tests.hl7.samples import sample

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
MISSING = HL7Error("101", "PID-3 patient identifier is required", "PID^1^3")


def _ack(raw: bytes, code: str = "AA", error: HL7Error | None = None) -> list[str]:
    answer = build_ack(raw, code, control_id="R2000004", now=NOW, error=error)
    Message.parse(answer)
    return answer.decode().removesuffix("\r").split("\r")


def test_a_refused_field_reads_as_the_sample_shows() -> None:
    order = sample("01").replace(b"E1000001", b"E1000010")
    assert _ack(order, "AE", MISSING) == sample("02d").decode().split("\r")[:-1]


def test_a_refused_cancel_reads_as_the_sample_shows() -> None:
    error = HL7Error(
        "207", "Exam already in progress", "ORC^1^1", application_code="EXAM_STARTED"
    )
    lines = _ack(sample("05c"), "AE", error)
    assert lines[1:] == sample("02e").decode().split("\r")[1:-1]


def test_old_versions_get_their_own_grammar() -> None:
    raw = sample("05d")
    assert _ack(raw, "AE", MISSING) == [
        r"MSH|^~\&|PACS1|RADDEPT|RADFLOW|RADDEPT|20260302083000+0000||ACK^O01|R2000004"
        "|P|2.3.1",
        "MSA|AE|R4000003|PID-3 patient identifier is required|||101^Required field "
        "missing",
        "ERR|PID^1^3^101&Required field missing",
    ]


@pytest.mark.parametrize("code", ["AA", "CA"])
def test_an_acceptance_has_no_error(code: str) -> None:
    assert _ack(sample("01"), code)[1:] == [f"MSA|{code}|E1000001"]


@pytest.mark.parametrize(
    "raw", [b"", b"junk", b"PID|1||700123", b"MSH|||||", b"\xff\xfe"]
)
def test_unreadable_bytes_are_rejected_too(raw: bytes) -> None:
    lines = _ack(raw, "AR", HL7Error("100", "No MSH.", "MSH^1", ack="AR"))
    assert lines[0].startswith(r"MSH|^~\&|RADFLOW|RADDEPT|")
    assert lines[1] == "MSA|AR|"
    assert lines[2].startswith("ERR||MSH^1|100^Segment sequence error^HL70357|E")


def test_the_control_id_goes_back_to_the_letter() -> None:
    raw = rb"MSH|^~\&|A\T\B^1.2^ISO|F|||2026||ORM^O01|a\F\b^c&d|T^A|2.5.1" + b"\r"
    head, msa = _ack(raw)
    assert msa == r"MSA|AA|a\F\b^c&d"
    assert head.split("|")[4] == r"A\T\B^1.2^ISO"
    assert head.split("|")[10:12] == ["T^A", "2.5.1"]


def test_other_delimiters_are_answered_in_the_standard_ones() -> None:
    head, msa = _ack(b"MSH#@!?%#A@1#F#R#S#2026##ORM@O01#a|b#P#2.5.1\r")
    assert head.startswith(r"MSH|^~\&|R|S|A^1|F|")
    assert msa == r"MSA|AA|a\F\b"


def test_no_header_value_ends_the_answers_block() -> None:
    raw = b"MSH|^~\\&|A|B|C|D|2026||ORM^O01|ID\x1c\r"
    assert _ack(raw)[1] == r"MSA|AA|ID\X1C" + "\\"


@pytest.mark.parametrize(
    ("label", "codec"),
    [("8859/1", "latin-1"), ("UNICODE UTF-8", "utf_8"), ("", "utf_8")],
)
def test_the_senders_character_set_is_kept(label: str, codec: str) -> None:
    raw = f"MSH|^~\\&|ÅSE|B|C|D|2026||ORM^O01|1|P|2.5.1||||||{label}\r".encode(codec)
    answer = build_ack(raw, "AA", control_id="R1", now=NOW)
    assert "|ÅSE|".encode(codec) in answer
    assert Message.parse(answer).value("MSH-18") == (label or "UNICODE UTF-8")


def test_what_the_senders_set_lacks_makes_the_answer_utf8() -> None:
    raw = b"MSH|^~\\&|\xc5SE|B|C|D|2026||ORM^O01|1|P|2.5.1||||||8859/1\r"
    error = HL7Error("103", "Unknown unit: 單位", "OBX^1^6")
    answer = build_ack(raw, "AE", control_id="R1", now=NOW, error=error)
    parsed = Message.parse(answer)
    assert (parsed.charset, parsed.value("MSH-5")) == ("utf_8", "ÅSE")
    assert parsed.value("ERR-8") == "Unknown unit: 單位"


def test_a_parsed_message_is_answered_like_its_bytes() -> None:
    raw = sample("01")
    given = {"control_id": "R1", "now": NOW, "text": "Queued"}
    from_bytes = build_ack(raw, "AA", **given)  # type: ignore[arg-type]
    assert build_ack(Message.parse(raw), "AA", **given) == from_bytes  # type: ignore[arg-type]
    assert b"MSA|AA|E1000001|Queued\r" in from_bytes


@pytest.mark.parametrize("raw", [sample("01"), sample("05d")])
@pytest.mark.parametrize("location", ["PID^1^3", "PID-3"])
def test_an_answer_is_read_as_it_was_meant(raw: bytes, location: str) -> None:
    error = HL7Error("101", "PID-3 is required", location)
    control_id = Message.parse(raw).control_id
    answer = build_ack(raw, "AE", control_id="R1", now=NOW, error=error)
    assert read_ack(answer) == Ack(
        "AE", control_id, "PID-3 is required", "101", "PID^1^3"
    )


@pytest.mark.parametrize("code", ["AA", "AE", "AR", "CA", "CE", "CR"])
def test_every_code_is_read(code: str) -> None:
    ack = read_ack(b"MSH|^~\\&|A\rMSA|%s|a\\F\\b|no\r" % code.encode())
    assert (ack.code, ack.control_id, ack.text) == (code, "a|b", "no")
    assert ack.positive is (code in ("AA", "CA"))


def test_what_is_no_acknowledgement_is_refused() -> None:
    with pytest.raises(HL7Error):
        read_ack(sample("01"))


def test_our_own_names_cannot_inject_either() -> None:
    answer = build_ack(
        b"", "AR", control_id="R|1", now=NOW, sender=("A|B", "C\rMSA|AA")
    )
    parsed = Message.parse(answer)
    assert [segment.name for segment in parsed.segments] == ["MSH", "MSA"]
    assert (parsed.sending_application, parsed.control_id) == ("A|B", "R|1")


def test_a_padded_code_is_read() -> None:
    assert read_ack(b"MSH|^~\\&|A\rMSA|aa |1\r").positive


def test_an_error_outlives_its_process() -> None:
    error = HL7Error("206", "Locked", "ORC^1", ack="AR", application_code="X")
    copied = pickle.loads(pickle.dumps(error))
    assert vars(copied) == vars(error)
    assert str(copied) == "Locked"


@given(st.sampled_from([b"", b"MSH", b"MSH|", b"MSH|^~\\&|"]), st.binary(max_size=80))
def test_any_bytes_are_answered(start: bytes, noise: bytes) -> None:
    error = HL7Error("100", "Unreadable", "MSH^1", ack="AR")
    answer = build_ack(start + noise, "AR", control_id="R1", now=NOW, error=error)
    assert read_ack(answer).code == "AR"
    assert Message.parse(answer).control_id == "R1"
    assert not set(answer) & {0x0B, 0x1C, 0x0A}
