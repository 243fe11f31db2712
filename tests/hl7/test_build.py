from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radflow.hl7.build import NotEncodable, Value, build, msh, segment
from radflow.hl7.charsets import encodable
from radflow.hl7.message import NULL, Message, Segment

HEADER: dict[str, Any] = {
    "sending_application": "RADFLOW",
    "sending_facility": "RADDEPT",
    "receiving_application": "EHRX",
    "receiving_facility": "GENHOSP",
    "time": datetime(2026, 3, 2, 10, 4, 5, tzinfo=UTC),
    "message_type": "ORM^O01",
    "structure": "ORM_O01",
    "control_id": "R4000001",
    "processing_id": "P",
    "version": "2.5.1",
    "charset": "UNICODE UTF-8",
}
HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from('|^~\\&\r\n\x0b\x1c\x00.brXFE0D"MSHPID'),
        st.characters(exclude_categories=["Cs"]),
    )
)
LEAF = HOSTILE.filter(lambda text: text != NULL)
FULL = LEAF.filter(bool)


def _parse(*segments: str) -> Message:
    return Message.parse(build([msh(**HEADER), *segments]))


@given(st.lists(st.lists(LEAF, max_size=5), max_size=5))
def test_whatever_the_values_nothing_is_injected(rows: list[list[str]]) -> None:
    lines = [segment("ZZZ", dict(enumerate([*row, "x"], 1))) for row in rows]
    parsed = _parse(*lines)
    assert [s.name for s in parsed.segments] == ["MSH", *["ZZZ"] * len(rows)]
    for row, found in zip(rows, parsed.segments[1:], strict=True):
        assert [found.value(n) for n in range(1, len(row) + 2)] == [*row, "x"]
        assert found.field_count == len(row) + 1


@given(st.lists(st.lists(st.lists(FULL, min_size=1), min_size=1), min_size=1))
def test_depth_comes_back_as_built(repetitions: list[list[list[str]]]) -> None:
    value: Value = [tuple(tuple(subs) for subs in rep) for rep in repetitions]
    found = _parse(segment("ZZZ", {3: value})).segments[1].repetitions(3)
    assert [
        [rep.subcomponents(n) for n in range(1, len(rep.raw.split("^")) + 1)]
        for rep in found
    ] == repetitions


@given(HOSTILE)
def test_hostile_header_values_stay_in_their_fields(text: str) -> None:
    head = msh(**{**HEADER, "receiving_facility": text, "control_id": text})
    parsed = Message.parse(build([head]))
    assert len(parsed.segments) == 1
    assert (parsed.receiving_facility, parsed.control_id) == (text, text)
    assert parsed.version == "2.5.1"


@given(HOSTILE)
def test_no_value_ends_a_block(text: str) -> None:
    assert not re.search(rb"[\x0b\x1c\n]", build([segment("NTE", {3: text})]))


def test_empty_ends_are_trimmed_and_null_is_kept() -> None:
    fields: dict[int, Value] = {
        1: "1",
        3: [("a", "", ("b", "", None)), ""],
        5: NULL,
        6: ("", ()),
        9: None,
    }
    assert segment("PID", fields) == 'PID|1||a^^b||""'
    assert Segment('PID|""', 0, Message.parse(b"MSH|").delimiters).is_null(1)


def test_a_header_reads_as_the_sample_shows() -> None:
    assert msh(**HEADER) == (
        r"MSH|^~\&|RADFLOW|RADDEPT|EHRX|GENHOSP|20260302100405+0000||"
        "ORM^O01^ORM_O01|R4000001|P|2.5.1||||||UNICODE UTF-8"
    )


def test_old_versions_get_no_structure() -> None:
    head = msh(**{**HEADER, "version": "2.3.1", "charset": ""})
    assert head.endswith("||ORM^O01|R4000001|P|2.3.1")


@pytest.mark.parametrize(
    ("name", "fields"), [("PI|", {1: "x"}), ("pid", {1: "x"}), ("PID", {0: "x"})]
)
def test_names_and_numbers_are_checked(name: str, fields: dict[int, Value]) -> None:
    with pytest.raises(ValueError, match="segment name"):
        segment(name, fields)


def test_an_unknown_character_set_is_refused() -> None:
    with pytest.raises(ValueError, match="character set"):
        msh(**{**HEADER, "charset": "KLINGON"})


def test_what_a_set_lacks_is_told_without_the_text() -> None:
    text = segment("PID", {5: "Łukasz"})
    assert not encodable(text, "latin-1")
    with pytest.raises(NotEncodable) as caught:
        build([text], charset="latin-1")
    assert "ukasz" not in repr(caught.value)
    assert caught.value.__suppress_context__


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        msh(**{**HEADER, "time": datetime(2026, 1, 1)})
