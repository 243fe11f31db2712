from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radflow.hl7.acks import build_ack
from radflow.hl7.charsets import CODECS, HIDDEN_UTF8, OTHER_SET, UNKNOWN_SET
from radflow.hl7.errors import HL7Error
from radflow.hl7.header import peek
from radflow.hl7.message import Message

NAMES = {
    "8859/1": "Åse",
    "8859/2": "Łukasz",
    "8859/3": "Ġużeppi",
    "8859/4": "Jānis",
    "8859/5": "Иван",
    "8859/6": "محمد",
    "8859/7": "Αθηνά",
    "8859/8": "שרה",
    "8859/9": "Ayşe",
    "8859/15": "Zoë €",
    "ISO IR14": "ﾔﾏﾀﾞ",
    "ISO IR87": "山田",
    "ISO IR159": "丂 山田",
    "KS X 1001": "홍길동",
    "GB 18030-2000": "王小东",
    "UNICODE UTF-8": "Łukasz 山田",
    "utf8": "Åse",
}


def _raw(name: str, label: str, codec: str) -> bytes:
    head = f"MSH|^~\\&|A|B|C|D|20260302||ADT^A08|1|P|2.5.1||||||{label}"
    return f"{head}\rPID|1||1||{name}^X\r".encode(codec)


@pytest.mark.parametrize("label", NAMES)
def test_declared_sets_are_read_and_written_back(label: str) -> None:
    raw = _raw(NAMES[label], label, CODECS[label.upper()])
    parsed = Message.parse(raw)
    assert parsed.value("PID-5.1") == NAMES[label]
    assert parsed.warnings == ()
    assert parsed.encode() == raw


def test_only_the_first_repetition_counts() -> None:
    parsed = Message.parse(_raw("Åse", "8859/1~UNICODE UTF-8", "latin-1"))
    assert parsed.charset == "iso8859_1"


@pytest.mark.parametrize("codec", ["utf_8", "latin-1"])
def test_without_a_label_utf8_is_tried_before_the_fallback(codec: str) -> None:
    parsed = Message.parse(_raw("Åse", "", codec))
    assert parsed.value("PID-5.1") == "Åse"
    assert parsed.warnings == ()


def test_the_senders_fallback_is_used() -> None:
    parsed = Message.parse(
        _raw("Łukasz", "", "iso8859_2"), fallback_charset="iso8859_2"
    )
    assert parsed.value("PID-5.1") == "Łukasz"


def test_a_wrong_label_costs_one_fallback_and_is_told() -> None:
    parsed = Message.parse(_raw("Åse", "UNICODE UTF-8", "latin-1"))
    assert parsed.value("PID-5.1") == "Åse"
    assert parsed.warnings == (OTHER_SET,)


def test_utf8_under_another_label_is_told_and_read_as_declared() -> None:
    raw = _raw("Åse", "8859/1", "utf_8")
    parsed = Message.parse(raw)
    assert parsed.warnings == (HIDDEN_UTF8,)
    assert parsed.value("PID-5.1") == "Ã\x85se"
    assert Message.parse(raw, utf8_under_label=True).value("PID-5.1") == "Åse"


def test_an_unknown_label_is_told() -> None:
    assert Message.parse(_raw("Ase", "KLINGON", "ascii")).warnings == (UNKNOWN_SET,)


def test_bytes_of_no_set_are_refused() -> None:
    raw = _raw("Åse", "UNICODE UTF-8", "latin-1")
    with pytest.raises(HL7Error) as caught:
        Message.parse(raw, fallback_charset="ascii")
    assert (caught.value.code, caught.value.location) == ("102", "MSH^1^18")


@pytest.mark.parametrize("codec", ["utf_16", "utf_16_le", "utf_16_be", "utf_32_be"])
def test_wide_sets_are_refused_clearly(codec: str) -> None:
    with pytest.raises(HL7Error, match="Send UTF-8") as caught:
        Message.parse(_raw("x", "UNICODE UTF-16", codec))
    assert (caught.value.code, caught.value.location) == ("102", "MSH^1^18")


@pytest.mark.parametrize("label", ["UNICODE UTF-16", "utf-32", "UTF16"])
def test_a_wide_label_is_refused_whatever_the_bytes(label: str) -> None:
    with pytest.raises(HL7Error, match="Send UTF-8"):
        Message.parse(_raw("x", label, "ascii"))


def test_a_byte_order_mark_says_more_than_the_label() -> None:
    raw = b"\xef\xbb\xbf" + _raw("Åse", "8859/1", "utf_8")
    parsed = Message.parse(raw)
    assert parsed.value("PID-5.1") == "Åse"
    assert parsed.encode() == raw


@pytest.mark.parametrize("label", ["ISO-8859-2", "iso8859-2", "ISO_8859/2"])
def test_other_spellings_of_a_set_are_known(label: str) -> None:
    parsed = Message.parse(_raw("Łukasz", label, "iso8859_2"))
    assert parsed.value("PID-5.1") == "Łukasz"
    assert parsed.warnings == ()


@pytest.mark.parametrize("label", ["WINDOWS-1252", "8859/3", "8859/6", "8859/7"])
def test_utf8_that_the_declared_set_cannot_hold_is_another_set(label: str) -> None:
    raw = _raw("Á®", label, "utf_8")
    parsed = Message.parse(raw)
    assert parsed.warnings == (OTHER_SET,)
    assert parsed.encode() == raw
    assert Message.parse(raw, utf8_under_label=True).value("PID-5.1") == "Á®"


@given(st.sampled_from(sorted(CODECS)), st.binary(max_size=30), st.booleans())
def test_no_bytes_under_any_label_crash(label: str, noise: bytes, utf8: bool) -> None:
    raw = _raw("", label, "ascii") + noise
    try:
        parsed = Message.parse(raw, utf8_under_label=utf8)
    except HL7Error as error:
        assert error.code == "102"
    else:
        assert parsed.segments[1].name == "PID"


@pytest.mark.parametrize("label", ["~ISO IR87", "ASCII~ISO IR87", "ISO IR14~ISO IR87"])
def test_a_set_that_is_shifted_to_is_read(label: str) -> None:
    raw = _raw("山田", label, "iso2022_jp")
    parsed = Message.parse(raw)
    assert parsed.value("PID-5.1") == "山田"
    assert (parsed.warnings, parsed.encode()) == ((), raw)


def test_later_repetitions_that_are_not_shifted_to_do_not_count() -> None:
    assert Message.parse(_raw("Åse", "~8859/1", "utf_8")).value("PID-5.1") == "Åse"


@pytest.mark.parametrize(
    ("label", "text"), [("8859/2", "Łukasz"), ("8859/1", "£ukasz"), ("", "£ukasz")]
)
def test_escaped_bytes_are_of_the_messages_set(label: str, text: str) -> None:
    assert Message.parse(_raw("\\XA3\\ukasz", label, "ascii")).value("PID-5.1") == text


SEPARATOR_INSIDE = {
    "ISO IR14": "サンポ病院",
    "GB 18030-2000": "億達醫院",
    "BIG-5": "四方醫院",
    "ISO IR87": "万代病院",
    "~ISO IR87": "万代病院",
}


@pytest.mark.parametrize("label", SEPARATOR_INSIDE)
def test_a_separator_that_is_half_a_character_separates_nothing(label: str) -> None:
    codec = CODECS[label.strip("~")]
    name = SEPARATOR_INSIDE[label]
    assert b"|" in name.encode(codec)
    head = f"MSH|^~\\&|A|{name}|C|D|20260302||ADT^A08|E1|P|2.5.1||||||{label}"
    raw = f"{head}\rPID|1||1\r".encode(codec)
    header, parsed = peek(raw), Message.parse(raw)
    assert header is not None
    assert (header.control_id, parsed.control_id) == ("E1", "E1")
    answer = Message.parse(build_ack(raw, "AA", control_id="R1", now=datetime.now(UTC)))
    assert (answer.receiving_facility, answer.value("MSA-2")) == (name, "E1")
    assert parsed.sending_facility == name
