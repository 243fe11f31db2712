"""A lossless, lazy tokenizer: bytes to segments, split deeper only as asked.

Nothing is dropped: every non-empty line is a segment, whatever its name. Counting
follows HL7: MSH-1 is the separator itself, components and repetitions start at 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from radflow.hl7.charsets import decode
from radflow.hl7.errors import HL7Error
from radflow.hl7.escapes import STANDARD, Delimiters, unescape

NULL = '""'
BOM = b"\xef\xbb\xbf"
_HEADERS = ("MSH", "FHS", "BHS")
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}\Z")
_PATH = re.compile(r"([A-Z][A-Z0-9]{2})-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?\Z")


class Repetition:
    """One occurrence of a field."""

    __slots__ = ("_delimiters", "raw")

    def __init__(self, raw: str, delimiters: Delimiters) -> None:
        self.raw = raw
        self._delimiters = delimiters

    def value(self, component: int = 1, subcomponent: int = 1) -> str:
        """Unescaped leaf, empty where there is none."""
        return unescape(self.raw_value(component, subcomponent), self._delimiters)

    def raw_value(self, component: int = 1, subcomponent: int = 1) -> str:
        part = _nth(self.raw, self._delimiters.component, component)
        return _nth(part, self._delimiters.subcomponent, subcomponent)

    def subcomponents(self, component: int = 1) -> list[str]:
        part = _nth(self.raw, self._delimiters.component, component)
        mark = self._delimiters.subcomponent
        leaves = part.split(mark) if mark else [part]
        return [unescape(leaf, self._delimiters) for leaf in leaves]

    def components(self) -> list[str]:
        """Each component unescaped, with its sub-component marks left in."""
        parts = self.raw.split(self._delimiters.component)
        return [unescape(part, self._delimiters) for part in parts]

    def text(self) -> str:
        """The whole occurrence unescaped: for TX, FT and ST, where marks are text."""
        return unescape(self.raw, self._delimiters)


class Segment:
    """One line. `name` is empty for a line that is no segment; `text` is the line."""

    __slots__ = ("_delimiters", "_fields", "index", "name", "text")

    def __init__(self, text: str, index: int, delimiters: Delimiters) -> None:
        self.text = text
        self.index = index
        name = text[:3].upper()
        is_segment = _NAME.match(name) and text[3:4] in ("", delimiters.field)
        self.name = name if is_segment else ""
        self._delimiters = delimiters
        self._fields: list[str] | None = None

    def raw_field(self, number: int) -> str:
        """The field as it stands, escapes and repetitions included."""
        if self._fields is None:
            self._fields = self.text.split(self._delimiters.field)
            if self.name in _HEADERS:
                self._fields.insert(1, self._delimiters.field)
        return self._fields[number] if number < len(self._fields) else ""

    @property
    def field_count(self) -> int:
        self.raw_field(0)
        return len(self._fields or ()) - 1

    def repetitions(self, number: int) -> list[Repetition]:
        """All occurrences; an empty field has none."""
        raw = self.raw_field(number)
        if not raw:
            return []
        if self.name in _HEADERS and number in (1, 2):
            return [Repetition(raw, _PLAIN)]
        mark = self._delimiters.repetition
        parts = raw.split(mark) if mark else [raw]
        return [Repetition(part, self._delimiters) for part in parts]

    def value(
        self,
        number: int,
        component: int = 1,
        subcomponent: int = 1,
        repetition: int = 1,
    ) -> str:
        """Unescaped leaf value, empty where there is none."""
        found = self.repetitions(number)
        if repetition > len(found):
            return ""
        return found[repetition - 1].value(component, subcomponent)

    def is_null(self, number: int) -> bool:
        """The field is `""`: delete what you have (section 2.5.3)."""
        return self.raw_field(number) == NULL


_PLAIN = Delimiters(
    field="", component="\0", repetition="", escape="", subcomponent="\0"
)


class Message:
    """A parsed message; `warnings` tell what was tolerated."""

    def __init__(
        self,
        raw: bytes,
        lines: list[str],
        delimiters: Delimiters,
        codec: str,
        warnings: Sequence[str],
    ) -> None:
        self.raw = raw
        self.delimiters = delimiters
        self.charset = codec
        self.warnings = tuple(warnings)
        self.segments: Sequence[Segment] = [
            Segment(line, index, delimiters) for index, line in enumerate(lines)
        ]

    @classmethod
    def parse(cls, raw: bytes, *, fallback_charset: str = "iso8859_1") -> Message:
        """Split bytes into segments; HL7Error when there is no readable MSH."""
        body = raw.removeprefix(BOM)
        delimiters = read_delimiters(body)
        warnings = ["byte order mark before MSH"] if body is not raw else []
        label = _declared_charset(body, delimiters)
        text, codec, doubts = decode(body, label, fallback_charset)
        if "\n" in text:
            warnings.append("line feeds beside or instead of CR")
        lines = [line for line in _lines(text) if line.strip(" \t\0")]
        return cls(raw, lines, delimiters, codec, [*warnings, *doubts])

    def first(self, name: str) -> Segment | None:
        return next((s for s in self.segments if s.name == name), None)

    def all(self, name: str) -> list[Segment]:
        return [s for s in self.segments if s.name == name]

    def value(self, path: str, default: str = "") -> str:
        """Leaf by path, such as `PID-3[2].4.1`, in the first segment of that name."""
        match = _PATH.match(path)
        if match is None:
            raise ValueError(f"not a path: {path}")
        name, number, repetition, component, subcomponent = match.groups()
        segment = self.first(name)
        if segment is None:
            return default
        found = segment.value(
            int(number),
            int(component or 1),
            int(subcomponent or 1),
            int(repetition or 1),
        )
        return found or default

    def encode(self) -> bytes:
        """The segments again, ended by CR, in the character set they came in."""
        return "".join(s.text + "\r" for s in self.segments).encode(self.charset)

    @cached_property
    def header(self) -> Segment:
        return self.segments[0]

    @property
    def control_id(self) -> str:
        return self.header.value(10)

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


def _lines(text: str) -> list[str]:
    """CR ends a segment; CRLF and LF too, but a lone LF in running text does not."""
    if "\n" not in text:
        return text.split("\r")
    if "\r" not in text:
        return text.split("\n")
    return re.split(r"\r\n?|\n(?=[A-Z][A-Z0-9]{2}\W)", text)


def read_delimiters(body: bytes) -> Delimiters:
    """MSH-1 and MSH-2; HL7Error without them, standard ones where MSH-2 is short."""
    head = body[:20].decode("latin-1")
    if (
        not head.startswith("MSH")
        or len(head) < 5
        or head[3] in "\r\n"
        or head[3].isalnum()
    ):
        raise HL7Error("100", "The message does not begin with MSH.", "MSH^1", ack="AR")
    field = head[3]
    marks = re.split(r"[\r\n]|" + re.escape(field), head[4:])[0][:5]
    given = list(marks) + list(STANDARD.encoding_characters[len(marks) :])
    if len(set(given[:4]) | {field}) != 5:
        raise HL7Error(
            "102", "The encoding characters are ambiguous.", "MSH^1^2", ack="AR"
        )
    component, repetition, escape, subcomponent = given[:4]
    return Delimiters(
        field, component, repetition, escape, subcomponent, "".join(given[4:5])
    )


def _declared_charset(body: bytes, delimiters: Delimiters) -> str:
    """MSH-18's first repetition, read before the character set is known."""
    line = re.split(rb"[\r\n]", body, maxsplit=1)[0]
    fields = line.split(delimiters.field.encode("latin-1"))
    value = fields[17] if len(fields) > 17 else b""
    return value.decode("latin-1").split(delimiters.repetition)[0]


def _nth(text: str, mark: str, number: int) -> str:
    if number == 1:
        return text.partition(mark)[0] if mark else text
    if not mark:
        return ""
    parts = text.split(mark, number)
    return parts[number - 1] if number <= len(parts) else ""
