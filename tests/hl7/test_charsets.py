from __future__ import annotations

import pytest

from radflow.hl7.charsets import CODECS, HIDDEN_UTF8, OTHER_SET, UNKNOWN_SET
from radflow.hl7.errors import HL7Error
from radflow.hl7.message import Message

NAMES = {
    "8859/1": "Åse",
    "8859/2": "Łukasz",
    "8859/5": "Иван",
    "8859/7": "Αθηνά",
    "8859/15": "Zoë €",
    "ISO IR14": "ﾔﾏﾀﾞ",
    "ISO IR87": "山田",
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
    with pytest.raises(HL7Error, match="UTF-16"):
        Message.parse(_raw("x", "UNICODE UTF-16", codec))
