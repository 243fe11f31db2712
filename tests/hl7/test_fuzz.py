"""Damaged messages: refused by HL7Error or read without loss, never a crash."""

from __future__ import annotations

import random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radflow.hl7.errors import HL7Error
from radflow.hl7.fields import parse_date, parse_ts
from radflow.hl7.header import peek
from radflow.hl7.message import Message
from tests.fuzz import Chunk, run
from tests.hl7.damage import damage
from tests.hl7.samples import all_samples

ZONE = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("kind", ["texts", "messages"])
def test_a_share_of_the_long_run_finds_nothing(kind: str) -> None:
    outcome = run(Chunk(kind, "suite", 2000), list(all_samples().values()))
    assert outcome.failures == []
    assert outcome.done >= 2000


def test_what_a_run_finds_can_be_made_again() -> None:
    corpus = list(all_samples().values())
    first, again = (damage(random.Random("x"), corpus) for _ in range(2))
    assert first == again


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
