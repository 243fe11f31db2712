"""Damaged messages: refused by HL7Error or read without loss, never a crash."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radflow.hl7.acks import build_ack, read_ack
from radflow.hl7.errors import HL7Error
from radflow.hl7.fields import CWE, CX, NDL, XCN, XPN, parse_date, parse_ts
from radflow.hl7.groups import order_groups, patient_group, result_groups
from radflow.hl7.header import peek
from radflow.hl7.message import Message
from tests.hl7.samples import all_samples

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
SPICE = [
    b"|",
    b"^",
    b"~",
    b"\\",
    b"&",
    b"\r",
    b"\n",
    b"\x00",
    b"\xff",
    b"\x0b",
    b"\x1c",
]
SPICE += [b"MSH|", b'""', b"\\X0D\\", b"\xef\xbb\xbf", b"99999999999999999999"]


def _mutate(raw: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(raw) + 1)
        cut = chance.choice((0, 0, 1, 3, 40))
        raw = raw[:at] + chance.choice(SPICE) + raw[at + cut :]
    return raw[: chance.randrange(len(raw))] if chance.random() < 0.1 else raw


def _read_all(raw: bytes) -> None:
    message = Message.parse(raw)
    message.encode()
    patient_group(message)
    order_groups(message)
    result_groups(message)
    for segment in message.segments:
        for number in range(segment.field_count + 1):
            for repetition in segment.repetitions(number):
                repetition.components()
                for kind in (CX, XPN, XCN, NDL, CWE):
                    kind.read(repetition)


@pytest.mark.parametrize("name", all_samples())
def test_damage_is_refused_or_read(name: str) -> None:
    chance = random.Random(name)
    for _ in range(25):
        raw = _mutate(all_samples()[name], chance)
        try:
            _read_all(raw)
        except HL7Error as error:
            assert error.code in ("100", "102")
        answer = build_ack(raw, "AR", control_id="R1", now=NOW)
        assert read_ack(answer).code == "AR"
        assert b"\x1c" not in answer


@given(st.binary(max_size=200))
def test_noise_after_a_header_loses_no_line(noise: bytes) -> None:
    raw = b"MSH|^~\\&|A|B\r" + noise
    parsed = Message.parse(raw)
    text = "".join(segment.text for segment in parsed.segments)
    assert text.count("|") == raw.decode(parsed.charset).count("|")
    assert peek(raw) is not None


@given(st.binary(max_size=60))
def test_noise_is_peeked_at_without_error(noise: bytes) -> None:
    for raw in (noise, b"MSH" + noise, b"MSH|" + noise):
        header = peek(raw)
        assert header is None or isinstance(header.control_id, str)


@given(st.text(alphabet="0123456789+-. ٣", max_size=26))
def test_any_digits_are_a_time_or_an_error(text: str) -> None:
    for read in (lambda: parse_ts(text, zone=ZONE), lambda: parse_date(text)):
        try:
            read()
        except HL7Error as error:
            assert error.code == "102"
