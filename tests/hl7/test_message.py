from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radflow.hl7.errors import HL7Error
from radflow.hl7.header import peek
from radflow.hl7.message import (
    BOM_SEEN,
    LINE_FEEDS,
    LOWER_CASE,
    NOT_A_SEGMENT,
    SEVERAL_HEADERS,
    Message,
)
from tests.hl7.samples import all_samples, message, sample


@pytest.mark.parametrize("name", all_samples())
def test_every_sample_comes_back_byte_for_byte(name: str) -> None:
    raw = all_samples()[name]
    parsed = Message.parse(raw)
    assert parsed.encode() == raw
    assert parsed.warnings == ()
    assert all(segment.name for segment in parsed.segments)


def test_the_header_is_read() -> None:
    parsed = Message.parse(sample("01"))
    assert parsed.message_type == "OML^O21"
    assert parsed.structure == "OML_O21"
    assert parsed.control_id == "E1000001"
    assert (parsed.version, parsed.processing_id) == ("2.5.1", "P")
    assert (parsed.sending_application, parsed.sending_facility) == ("EHRX", "GENHOSP")
    assert parsed.receiving_application == "RADFLOW"
    assert parsed.receiving_facility == "RADDEPT"
    assert parsed.message_time == "20260302083000+0000"
    assert parsed.value("MSH-1") == "|"
    assert parsed.value("MSH-2") == "^~\\&"


def test_values_are_found_by_path() -> None:
    parsed = Message.parse(sample("01"))
    assert parsed.value("PID-3.1") == "700123"
    assert parsed.value("PID-3[2].4.1") == "NATID"
    assert parsed.value("PID-3[3].1") == ""
    assert parsed.value("ZDS-1.4") == "DICOM"
    assert parsed.value("ZZZ-1", "none") == "none"
    with pytest.raises(ValueError, match="not a path"):
        parsed.value("PID.3")


def test_null_and_empty_differ() -> None:
    segment = Message.parse(message('PID|1||""||a')).first("PID")
    assert segment is not None
    assert segment.is_null(3)
    assert not segment.is_null(4)
    assert segment.repetitions(4) == []


def test_repetitions_components_and_text() -> None:
    segment = Message.parse(message(r"OBX|1|TX|a&b^c~d|| x\T\y^z")).all("OBX")[0]
    first, second = segment.repetitions(3)
    assert first.components() == ["a&b", "c"]
    assert first.subcomponents(1) == ["a", "b"]
    assert first.value(1, 2) == "b"
    assert second.value() == "d"
    assert segment.value(3, repetition=2) == "d"
    assert segment.repetitions(5)[0].text() == " x&y^z"
    assert segment.field_count == 5


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_other_line_ends_are_read_and_told(end: str) -> None:
    raw = sample("01").replace(b"\r", end.encode())
    parsed = Message.parse(raw)
    assert parsed.warnings == (LINE_FEEDS,)
    assert parsed.encode() == raw
    whole = Message.parse(sample("01"))
    assert [s.text for s in parsed.segments] == [s.text for s in whole.segments]


def test_a_line_feed_in_running_text_ends_no_segment() -> None:
    parsed = Message.parse(message("NTE|1||first\nCTA: second", "OBX|1\nOBX|2"))
    assert [segment.name for segment in parsed.segments] == ["MSH", "NTE", "OBX", "OBX"]
    assert parsed.value("NTE-3") == "first\nCTA: second"


def test_no_line_is_lost() -> None:
    parsed = Message.parse(message("junk", "pid|1||42", "", "Z1", "|x"))
    assert [segment.text for segment in parsed.segments[1:]] == [
        "junk",
        "pid|1||42",
        "Z1",
        "|x",
    ]
    assert parsed.value("PID-3") == "42"
    assert parsed.warnings == (NOT_A_SEGMENT, LOWER_CASE)


def test_a_byte_order_mark_is_told() -> None:
    assert Message.parse(b"\xef\xbb\xbf" + sample("01")).warnings == (BOM_SEEN,)


def test_a_second_header_is_told() -> None:
    assert SEVERAL_HEADERS in Message.parse(sample("01") * 2).warnings


def test_other_delimiters_are_taken_from_the_header() -> None:
    raw = b"MSH#@!?%#A#B%C@D\rPID#1##7@x!8?F?9\r"
    parsed = Message.parse(raw)
    assert parsed.value("MSH-4.1.2") == "C"
    assert parsed.value("PID-3[2].1") == "8#9"
    assert parsed.encode() == raw


def test_five_encoding_characters_are_read() -> None:
    parsed = Message.parse(b"MSH|^~\\&#|A\rPID|1||a\\P\\b\r")
    assert parsed.value("PID-3") == "a#b"


def test_short_encoding_characters_are_filled_up() -> None:
    parsed = Message.parse(b"MSH|^|A\rPID|1||a^b&c~d\r")
    assert parsed.value("PID-3.2.2") == "c"
    assert Message.parse(b"MSH|^~&|A\r").delimiters.subcomponent == ""


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "100"),
        (b"PID|1", "100"),
        (b"MSH", "100"),
        (b"MSHx^~\\&x", "100"),
        (b"MSH|^^\\&|", "102"),
        (b"MSH|^~|&|x", None),
        (b"MSH|ab\\&|", "102"),
        (b"MSH |^~\\&|A|B", "100"),
        (b"MSH|^ \\&|A|B", "102"),
        (b'MSH|^"\\&|A|B', "102"),
        (b"FHS|^~\\&|", "100"),
    ],
)
def test_a_bad_header_is_refused(raw: bytes, code: str | None) -> None:
    if code is None:
        assert Message.parse(raw)
        return
    with pytest.raises(HL7Error) as caught:
        Message.parse(raw)
    assert (caught.value.code, caught.value.ack) == (code, "AR")


def test_a_flood_of_segments_is_refused_before_it_takes_memory() -> None:
    with pytest.raises(HL7Error, match="segments"):
        Message.parse(message() + b"Z\r" * 400_001)


ODD = [
    "GSP|1|S|x",
    "ZDS|1.2.3^^Application^DICOM",
    "ZZZ",
    "EVN||  |",
    "PID|0001||007~ ~|| ^ &~",
    "pv1|1|o",
    "FT1|1|\x00|\x07",
    "OBX|1|TX|A||one\x0btwo\x1cthree",
    "no segment at all",
    "PIDX|1",
    "|||",
    " PID|1",
    'NK1|""|"',
    "ORC|\\|\\F|\\\\",
]


@pytest.mark.parametrize("line", ODD)
@pytest.mark.parametrize("end", ["", "\r"])
def test_an_odd_line_is_neither_lost_nor_changed(line: str, end: str) -> None:
    raw = message("PID|1", line).removesuffix(b"\r") + end.encode()
    parsed = Message.parse(raw)
    assert [segment.text for segment in parsed.segments[1:]] == ["PID|1", line]
    assert parsed.encode() == raw


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"))))
def test_as_many_segments_come_out_as_lines_go_in(lines: list[str]) -> None:
    parsed = Message.parse(message(*lines))
    kept = [line for line in lines if line]
    assert [segment.text for segment in parsed.segments[1:]] == kept


@pytest.mark.parametrize("line", ["ß1", "\u017fid|1", "\ufb01x", "\u0131d1|2"])
def test_a_name_is_of_plain_letters(line: str) -> None:
    assert Message.parse(message(line)).segments[1].name == ""
    assert len(Message.parse(message(f"NTE|1\n{line}")).segments) == 2


@pytest.mark.parametrize(
    ("head", "version"),
    [
        ("MSH|^~\\&|A||||||||P|2.5^FRA^2.11", "2.5"),
        ("MSH|^~\\&|A||||||||P||x", ""),
        ("MSH|^~\\&", ""),
        ("MSH|", ""),
        ("msh|^~\\&|A||||||||P|2.4", "2.4"),
    ],
)
def test_a_version_is_read_where_there_is_one(head: str, version: str) -> None:
    parsed, header = Message.parse(head.encode()), peek(head.encode())
    assert parsed.version == version
    assert header is not None
    assert header.version == version
    assert parsed.encode() == head.encode()


def test_batches_are_refused_as_a_whole() -> None:
    batch = b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + sample("01") + b"BTS|1\rFTS|1\r"
    with pytest.raises(HL7Error, match="MSH"):
        Message.parse(batch)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\n\r"])
@pytest.mark.parametrize("odd", ["A\nB", "A\n2|B", "A\nPIDX", "A", "A\n\nB"])
def test_the_listener_and_the_parser_see_the_same_header(odd: str, end: str) -> None:
    head = rf"MSH|^~\&|{odd}|F|C|D|2026||ORM^O01|E1|P|2.5.1"
    raw = f"{head}{end}PID|1||7{end}".encode()
    parsed, header = Message.parse(raw), peek(raw)
    assert header is not None
    assert header.control_id == parsed.control_id
    assert header.version == parsed.version
    assert parsed.value("PID-3") == "7"


@pytest.mark.parametrize("end", ["\r\n\n", "\n\n\r", "\r\r", "\r\n\r\n\n\n"])
def test_blank_lines_are_no_segments(end: str) -> None:
    lines = ["MSH|^~\\&|A", "PID|1", "junk", "NTE|1||one\ntwo"]
    raw = "".join(f"{line}{end}" for line in lines).encode()
    parsed = Message.parse(raw)
    assert parsed.encode() == raw
    assert [segment.text for segment in parsed.segments][:3] == lines[:3]
    assert parsed.value("NTE-3") == "one\ntwo"


@given(st.text(alphabet="\r\nA|", max_size=30), st.sampled_from(["", "\ufeff", "\r\n"]))
def test_any_line_ends_come_back_as_they_were(text: str, before: str) -> None:
    raw = f"{before}MSH|^~\\&|{text.replace('A', 'PID')}".encode()
    parsed = Message.parse(raw)
    assert parsed.encode() == raw
    assert all(segment.text.strip("\r\n") for segment in parsed.segments)


def test_a_run_of_line_feeds_costs_no_more_than_its_length() -> None:
    raw = message("NTE|1||" + "\n" * 300_000 + "x" + "\n\r" * 20_000)
    assert Message.parse(raw).encode() == raw
