"""Segments, fields and their occurrences: split only as deep as asked.

Counting follows HL7: MSH-1 is the separator itself; fields, components and
repetitions start at 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from radflow.hl7.escapes import Delimiters, unescape

NULL = '""'
HEADERS = ("MSH", "FHS", "BHS")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2}\Z")
_PLAIN = Delimiters(field="", component="", repetition="", escape="", subcomponent="")


class Repetition:
    """One occurrence of a field; `raw` is the text as it stands."""

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

    def leaves(self, positions: Sequence[tuple[int, int]]) -> list[str]:
        """Values at component and sub-component, the occurrence split once."""
        marks = self._delimiters
        parts = _split(self.raw, marks.component)
        if len(parts) == 1 and (
            not marks.subcomponent or marks.subcomponent not in self.raw
        ):
            only = unescape(self.raw, marks)
            return [only if position == (1, 1) else "" for position in positions]
        size = len(parts)
        raws = [
            _nth(parts[component - 1], marks.subcomponent, sub)
            if component <= size
            else ""
            for component, sub in positions
        ]
        return [unescape(raw, marks) if raw else "" for raw in raws]

    def subcomponents(self, component: int = 1) -> list[str]:
        """Each sub-component of a component, unescaped."""
        part = _nth(self.raw, self._delimiters.component, component)
        leaves = _split(part, self._delimiters.subcomponent)
        return [unescape(leaf, self._delimiters) for leaf in leaves]

    def components(self) -> list[str]:
        """Each component unescaped, with its sub-component marks left in."""
        parts = _split(self.raw, self._delimiters.component)
        return [unescape(part, self._delimiters) for part in parts]

    def text(self) -> str:
        """The whole occurrence unescaped: for TX, FT and ST, where marks are text."""
        return unescape(self.raw, self._delimiters)

    @property
    def is_null(self) -> bool:
        return self.raw == NULL


class Segment:
    """One line. `name` is empty for a line that is no segment; `text` is the line.

    A name in lower case is read as if in upper case; `text` keeps what came.
    """

    __slots__ = ("_delimiters", "_fields", "index", "name", "text")

    def __init__(self, text: str, index: int, delimiters: Delimiters) -> None:
        self.text = text
        self.index = index
        name = text[:3]
        is_segment = text[3:4] in ("", delimiters.field) and _NAME.match(name)
        self.name = name.upper() if is_segment else ""
        self._delimiters = delimiters
        self._fields: list[str] | None = None

    def __repr__(self) -> str:
        return f"<Segment {self.index} {self.name}>"

    def _split(self) -> list[str]:
        fields = self.text.split(self._delimiters.field)
        if self.name in HEADERS:
            fields.insert(1, self._delimiters.field)
        self._fields = fields
        return fields

    def raw_field(self, number: int) -> str:
        """The field as it stands, escapes and repetitions included."""
        fields = self._fields or self._split()
        return fields[number] if 0 <= number < len(fields) else ""

    @property
    def field_count(self) -> int:
        return len(self._fields or self._split()) - 1

    def repetitions(self, number: int) -> list[Repetition]:
        """All occurrences; an empty field has none."""
        raw = self.raw_field(number)
        if not raw:
            return []
        if number <= 2 and self.name in HEADERS:
            return [Repetition(raw, _PLAIN)]
        parts = _split(raw, self._delimiters.repetition)
        return [Repetition(part, self._delimiters) for part in parts]

    def value(
        self,
        number: int,
        component: int = 1,
        subcomponent: int = 1,
        repetition: int = 1,
    ) -> str:
        """Unescaped leaf value, empty where there is none."""
        raw = self.raw_field(number)
        if number <= 2 and self.name in HEADERS:
            return Repetition(raw, _PLAIN).value(component, subcomponent)
        one = _nth(raw, self._delimiters.repetition, repetition)
        return Repetition(one, self._delimiters).value(component, subcomponent)

    def is_null(self, number: int) -> bool:
        """The field is `""`: delete what you have (section 2.5.3)."""
        return self.raw_field(number) == NULL


def _placed(
    parts: list[str], positions: Sequence[tuple[int, int]]
) -> list[tuple[str, int]]:
    size = len(parts)
    return [(parts[n - 1] if n <= size else "", sub) for n, sub in positions]


def _split(text: str, mark: str) -> list[str]:
    return text.split(mark) if mark else [text]


def _nth(text: str, mark: str, number: int) -> str:
    if not mark or mark not in text:
        return text if number == 1 else ""
    parts = text.split(mark, number)
    return parts[number - 1] if 0 < number <= len(parts) else ""
