"""What a contract says of a segment, and that nothing it is given can hurt it."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radflow.hl7.message import Delimiters, Segment
from radflow.messaging.contracts.patterns import PatternError, pattern
from radflow.messaging.contracts.rules import FieldRule, SegmentRule
from radflow.messaging.contracts.validation import Reading, validate

STANDARD = Delimiters()
ZSI = SegmentRule(
    "ZSI",
    (
        FieldRule(1, 0, "set id", "SI", required="R"),
        FieldRule(2, 0, "group", "CE", required="R"),
        FieldRule(3, 0, "station AE", "ST", target="step.station_ae", policy="fill"),
        FieldRule(4, 1, "modality", "ID", max_length=3, values=("CT", "MR")),
        FieldRule(4, 2, "rank", "NM", lowest=Decimal(1), highest=Decimal(9)),
        FieldRule(5, 0, "room", "ST", regex="[A-Z]{2,4}[0-9]?"),
        FieldRule(6, 0, "start", "TS", target="step.start", policy="fill"),
        FieldRule(7, 0, "locked", "ID", required="C", condition="ZSI-6 valued"),
        FieldRule(8, 0, "priors", "ST", repeats=True, target="order.note"),
    ),
)
GOOD = "ZSI|1|WL^CT list^99S|CT2_AE|CT^1|CTR2|20260302100000|N|A1~A2"


def read(text: str) -> Reading:
    return validate(Segment(text, 0, STANDARD), ZSI)


def test_a_segment_that_keeps_the_contract_has_no_findings() -> None:
    reading = read(GOOD)
    assert reading.findings == []
    assert [(e.target, e.values, e.path) for e in reading.extracted] == [
        ("step.station_ae", ("CT2_AE",), "ZSI-3"),
        ("step.start", ("20260302100000",), "ZSI-6"),
        ("order.note", ("A1", "A2"), "ZSI-8"),
    ]


@pytest.mark.parametrize(
    ("text", "location", "words"),
    [
        ("ZSI||WL", "ZSI^1^1", "missing"),
        ('ZSI|""|WL', "ZSI^1^1", "missing"),
        ("ZSI|x|WL", "ZSI^1^1", "no number"),
        ("ZSI|1|^^99S", "ZSI^1^2", "component 1 or 2"),
        ("ZSI|1|WL|A_VERY_LONG_AE_TITLE", "ZSI^1^3", "does not fit a scanner"),
        ("ZSI|1|WL|A~B", "ZSI^1^3", "repeats"),
        ("ZSI|1|WL|A^B", "ZSI^1^3^1^2", "component"),
        ("ZSI|1|WL||XX", "ZSI^1^4^1^1", "none of the values"),
        ("ZSI|1|WL||ENDOSCOPY", "ZSI^1^4^1^1", "longer than 3"),
        ("ZSI|1|WL||CT^10", "ZSI^1^4^1^2", "above 9"),
        ("ZSI|1|WL||CT^0", "ZSI^1^4^1^2", "below 1"),
        ("ZSI|1|WL||CT^1^x", "ZSI^1^4^1^3", "component"),
        ("ZSI|1|WL|||room", "ZSI^1^5", "pattern"),
        ("ZSI|1|WL||||tomorrow|N", "ZSI^1^6", "date and time"),
        ("ZSI|1|WL||||20260302|N", "ZSI^1^6", "no hour"),
        ("ZSI|1|WL||||202603021000", "ZSI^1^7", "where ZSI-6 valued"),
        (GOOD + "|new", "ZSI^1^9", "not in the contract"),
        ("ZPH|1", "ZSI^1", "no ZSI segment"),
    ],
)
def test_what_breaks_it_is_found_with_its_place(
    text: str, location: str, words: str
) -> None:
    found = [f for f in read(text).findings if f.location == location]
    assert any(words in f.text for f in found), read(text).findings


def test_a_field_with_a_finding_gives_nothing() -> None:
    reading = read("ZSI|1|WL|A_VERY_LONG_AE_TITLE")
    assert [e.target for e in reading.extracted] == []


def test_findings_name_no_values() -> None:
    reading = read("ZSI|Okafor|^^Okafor|OkaforOkaforOkafor|Okafor^Okafor|Okafor|Okafor")
    assert reading.findings
    assert all("Okafor" not in str(f) + f.location for f in reading.findings)


def test_escaped_marks_are_text() -> None:
    reading = read(r"ZSI|1|WL|A\T\B")
    assert reading.extracted[0].value == "A&B"


@given(st.text(max_size=300))
def test_any_text_can_be_held_against_a_contract(text: str) -> None:
    reading = read(f"ZSI|{text}")
    assert len(reading.findings) <= 50
    faulty = {f.path for f in reading.findings}
    assert faulty.isdisjoint(e.path for e in reading.extracted)


PARTS = ["a", "b", "[ab]", r"\d", ".", "(a|b)", "(?:ab)", "[^a]", r"\."]
REPEATS = ["", "*", "+", "?", "{2}", "{1,3}", "{1,}"]


@given(
    st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(REPEATS)), max_size=5),
    st.text(alphabet="ab1.", max_size=12),
)
def test_patterns_mean_what_they_mean_elsewhere(
    parts: list[tuple[str, str]], text: str
) -> None:
    written = "".join(part + repeat for part, repeat in parts)
    expected = re.fullmatch(written, text, re.ASCII | re.DOTALL)
    assert pattern(written).fits(text) is (expected is not None)


@pytest.mark.parametrize(
    "written", ["(a+)+b", "(a|a)*b", "(a*)*b", "a*a*a*a*a*a*b", "((a?){9}){9}b"]
)
def test_no_pattern_can_be_made_slow(written: str) -> None:
    assert not pattern(written).fits("a" * 999)


@pytest.mark.parametrize(
    "written",
    [
        *r"( a) *a a** a+? (a)\1 (?=a) [b-a] a{3,1} \bx [ [a&&b] a^b".split(),
        "(a{99}){99}",
        "((((){999}){999}){999}){999}",
    ],
)
def test_a_pattern_beyond_the_linear_part_is_refused(written: str) -> None:
    with pytest.raises(PatternError):
        pattern(written)


def test_the_pattern_of_a_uid_is_read() -> None:
    uid = pattern(r"^[0-2](\.(0|[1-9][0-9]*))+$")
    assert uid.fits("2.25.160133186429841150224478235105312347201")
    assert not uid.fits("2.25.016")
    assert not uid.fits("1.2.3\n")
