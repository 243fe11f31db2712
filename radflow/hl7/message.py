"""A lossless, lazy tokenizer: bytes to segments, split deeper only as asked.

Nothing is dropped: every line that is not empty is a segment, whatever its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from radflow.hl7.charsets import (
    ASCII_WITHIN,
    Decoded,
    codec_for,
    declared_label,
    decode,
    refuse_wide,
)
from radflow.hl7.errors import HL7Error
from radflow.hl7.escapes import STANDARD, Delimiters
from radflow.hl7.lines import Lines, split_lines
from radflow.hl7.segment import NULL, Repetition, Segment

__all__ = ["NULL", "Delimiters", "Message", "Repetition", "Segment"]

BOM = b"\xef\xbb\xbf"
MAX_SEGMENTS = 200_000
# Of MSH in 2.8; what may follow is left in one piece.
LAST_FIELD = 25
BOM_SEEN = "byte order mark before MSH"
LINE_FEEDS = "line feeds beside or instead of CR"
LOWER_CASE = "segment names in lower case"
NOT_A_SEGMENT = "lines that are no segments"
SEVERAL_HEADERS = "several MSH in one block"
_PATH = re.compile(
    r"([A-Z][A-Z0-9]{2})-([0-9]+)(?:\[([0-9]+)\])?(?:\.([0-9]+))?(?:\.([0-9]+))?\Z"
)


class Message:
    """A parsed message; `warnings` tell what was tolerated, `charset` is the codec."""

    def __init__(
        self, raw: bytes, lines: Lines, delimiters: Delimiters, read: Decoded
    ) -> None:
        self.raw = raw
        self.delimiters = delimiters
        self.charset = read.codec
        self.segments: Sequence[Segment] = [
            Segment(line, index, delimiters) for index, line in enumerate(lines.texts)
        ]
        self._ends = lines.ends
        self.header = self.segments[0]
        self.warnings = (*_oddities(raw, read.text, self.segments), *read.warnings)

    @classmethod
    def parse(
        cls,
        raw: bytes,
        *,
        fallback_charset: str = "iso8859_1",
        utf8_under_label: bool = False,
    ) -> Message:
        """Split bytes into segments; HL7Error when there is no readable MSH.

        `fallback_charset` is the codec tried where MSH-18 is absent or wrong;
        `utf8_under_label` reads UTF-8 under an 8859 label as what it is, as does a
        byte order mark.
        """
        body = body_of(raw)
        utf8_under_label = utf8_under_label or raw.startswith(BOM)
        delimiters, label = _read_header(body)
        if body.count(b"\r") + body.count(b"\n") > 2 * MAX_SEGMENTS:
            raise HL7Error("102", f"More than {MAX_SEGMENTS} segments.")
        read = decode(body, label, fallback_charset, utf8_under_label=utf8_under_label)
        lines = split_lines(read.text, delimiters.field)
        return cls(raw, lines, _in_charset(delimiters, read.codec), read)

    def first(self, name: str) -> Segment | None:
        for segment in self.segments:
            if segment.name == name:
                return segment
        return None

    def all(self, name: str) -> list[Segment]:
        return [segment for segment in self.segments if segment.name == name]

    def value(self, path: str, default: str = "") -> str:
        """Leaf by path, such as `PID-3[2].4.1`, in the first segment of that name."""
        name, numbers = _steps(path)
        segment = self.first(name)
        return (segment.value(*numbers) if segment else "") or default

    def encode(self) -> bytes:
        """The segments put together again as they came, in the same character set."""
        text = Lines([segment.text for segment in self.segments], self._ends).joined()
        before = self.raw[: len(self.raw) - len(body_of(self.raw))]
        return before + text.encode(self.charset)

    @property
    def control_id(self) -> str:
        """The whole of MSH-10, unescaped."""
        found = self.header.repetitions(10)
        return found[0].text() if found else ""

    @property
    def message_type(self) -> str:
        """`ORM^O01`: MSH-9.1 and 9.2; the event is left out where it is empty."""
        code, event = self.header.value(9, 1), self.header.value(9, 2)
        return f"{code}^{event}" if event else code

    @property
    def structure(self) -> str:
        return self.header.value(9, 3)

    @property
    def version(self) -> str:
        return self.header.value(12)

    @property
    def processing_id(self) -> str:
        return self.header.value(11)

    @property
    def sending_application(self) -> str:
        return self.header.value(3)

    @property
    def sending_facility(self) -> str:
        return self.header.value(4)

    @property
    def receiving_application(self) -> str:
        return self.header.value(5)

    @property
    def receiving_facility(self) -> str:
        return self.header.value(6)

    @property
    def message_time(self) -> str:
        """MSH-7 as it stands."""
        return self.header.value(7)


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, tuple[int, int, int, int]]:
    match = _PATH.match(path)
    if match is None:
        raise ValueError(f"not a path: {path}")
    field, repetition, component, subcomponent = (
        int(group or 1) for group in match.groups()[1:]
    )
    return match[1], (field, component, subcomponent, repetition)


def _oddities(raw: bytes, text: str, segments: Sequence[Segment]) -> list[str]:
    names = [segment.name for segment in segments]
    found = {
        BOM_SEEN: raw.startswith(BOM),
        LINE_FEEDS: "\n" in text,
        SEVERAL_HEADERS: names.count("MSH") > 1,
        NOT_A_SEGMENT: "" in names,
        LOWER_CASE: any(not s.text.startswith(s.name) for s in segments),
    }
    return [warning for warning, seen in found.items() if seen]


def _read_header(body: bytes) -> tuple[Delimiters, str]:
    """Delimiters and the declared character set, read before the set is known."""
    refuse_wide(body)
    line = header_line(body)
    delimiters = read_delimiters(line)
    fields = header_fields(line, delimiters)
    label = fields[17] if len(fields) > 17 else ""
    return delimiters, declared_label(label, delimiters.repetition)


def body_of(raw: bytes) -> bytes:
    """Without the byte order mark and the line ends that may stand before MSH."""
    return raw.removeprefix(BOM).lstrip(b"\r\n")


def header_line(body: bytes) -> str:
    """The first segment, as Latin-1: one character for each byte."""
    end = body.find(b"\r")
    if end < 0:
        return body.partition(b"\n")[0].decode("latin-1")
    line = body[:end].decode("latin-1")
    if "\n" not in line:
        return line
    texts = split_lines(f"{line}\r", line[3:4]).texts
    return texts[0] if texts else ""


def header_fields(line: str, delimiters: Delimiters) -> list[str]:
    """MSH at its separators, still one character for each byte; MSH-18 is at 17.

    Where a separator may be half of a character, extra ones move the label to the
    right; the line is then split again, as the characters that it holds.
    """
    fields = line.split(delimiters.field, LAST_FIELD)
    for field in fields[17:]:
        codec = codec_for(declared_label(field, delimiters.repetition))
        if codec in ASCII_WITHIN:
            return _split_in(codec, line, delimiters.field) or fields
    return fields


def _split_in(codec: str, line: str, mark: str) -> list[str]:
    try:
        fields = line.encode("latin-1").decode(codec).split(mark, LAST_FIELD)
        return [field.encode(codec).decode("latin-1") for field in fields]
    except UnicodeError:
        return []


def read_delimiters(line: str) -> Delimiters:
    """MSH-1 and MSH-2. HL7Error without them.

    Where MSH-2 is short the standard marks stand in; one that another use has taken
    is left unused.
    """
    if line[:3].upper() != "MSH" or not _is_mark(line[3:4]):
        raise HL7Error("100", "The message does not begin with MSH.", "MSH^1", ack="AR")
    return _delimiters(line[3], line[4:10].partition(line[3])[0][:5])


@lru_cache(maxsize=64)
def _delimiters(field: str, given: str) -> Delimiters:
    if len({field, *given}) != len(given) + 1 or not all(map(_is_mark, given)):
        raise HL7Error(
            "102", "The encoding characters are ambiguous.", "MSH^1^2", ack="AR"
        )
    marks = list(given)
    for standard in STANDARD.encoding_characters[len(given) :]:
        marks.append("" if standard in (field, *marks) else standard)
    if not marks[0]:
        raise HL7Error("102", "MSH-2 has no component mark.", "MSH^1^2", ack="AR")
    return Delimiters(field, *marks)


@lru_cache(maxsize=64)
def _in_charset(delimiters: Delimiters, codec: str) -> Delimiters:
    return replace(delimiters, charset=codec)


def _is_mark(char: str) -> bool:
    """A blank is text, and a quotation mark is how null is written."""
    usable = char.isascii() and char.isprintable() and not char.isalnum()
    return usable and char not in ("", " ", '"')
