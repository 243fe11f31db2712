from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radflow.hl7.escapes import STANDARD, Delimiters, escape, respell, unescape

NASTY = st.text(alphabet="|^~\\&\r\n\x0b\x1c.brXF0DEH\x85\u2028é") | st.text()


@given(NASTY)
def test_any_text_comes_back(text: str) -> None:
    assert unescape(escape(text)) == text


@given(NASTY)
def test_nothing_escaped_can_end_a_leaf_a_segment_or_a_block(text: str) -> None:
    assert not set(escape(text)) & set("|^~&\r\n\x0b\x1c\x85\u2028\u2029")


@given(NASTY)
def test_other_delimiters_are_as_safe(text: str) -> None:
    other = Delimiters("#", "@", "!", "?", "%", "$")
    assert unescape(escape(text, other), other) == text
    assert not set(escape(text, other)) & set("#@!%$\r\n")


@given(NASTY)
def test_any_sequence_is_read_without_error(text: str) -> None:
    assert isinstance(unescape(text), str)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r"\F\\S\\T\\R\\E" + "\\", "|^&~\\"),
        (r"a\.br\b", "a\nb"),
        (r"a\.sp 3\b", "a\n\n\nb"),
        (r"a\.sp+2\b", "a\n\nb"),
        (r"\.ce\b", "\nb"),
        (r"\.in+4\\.ti-2\\.fi\\.nf\x", "x"),
        (r"a\.sk3\b", "a   b"),
        (r"\H\bold\N\ ", "bold "),
        (r"\X0D\\X0D0A" + "\\", "\r\r\n"),
        (r"\XC3A9" + "\\", "é"),
        (r"\XE9" + "\\", "é"),
    ],
)
def test_standard_sequences_are_read(raw: str, text: str) -> None:
    assert unescape(raw) == text


@pytest.mark.parametrize(
    "raw",
    [
        r"\C2842\x",
        r"\M246B2F\x",
        r"\Zab\x",
        r"\Zab\F\x",
        r"\Q\x",
        r"\XZZ\x",
        r"\X1\x",
        r"\P\x",
        r"C:\Program Files",
        "\\",
        "\\\\",
    ],
)
def test_local_shifting_and_unknown_sequences_stay(raw: str) -> None:
    assert unescape(raw) == raw


def test_vertical_space_is_bounded() -> None:
    assert len(unescape(r"\.sp9999" + "\\")) < 100


def test_raw_fields_of_other_delimiters_are_respelled() -> None:
    other = Delimiters("#", "@", "!", "?", "%")
    assert respell("A@B%C!D?F?|", other) == r"A^B&C~D\F\\F" + "\\"
    assert respell("E1\x1c", STANDARD) == r"E1\X1C" + "\\"


MARKS = [chr(code) for code in range(33, 127) if not chr(code).isalnum()]


@given(st.permutations(MARKS), st.sampled_from([5, 6]), st.data())
def test_any_marks_are_safe(marks: list[str], count: int, data: st.DataObject) -> None:
    chosen = Delimiters(*marks[:count])
    text = data.draw(st.text([*marks[:count], *"\r\nbrspXFE10D"]))
    assert unescape(escape(text, chosen), chosen) == text
    others = {*marks[:count], "\r", "\n"} - {chosen.escape}
    assert not set(escape(text, chosen)) & others
