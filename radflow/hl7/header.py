"""A fast look at MSH alone, for the listener; it never raises."""

from __future__ import annotations

from dataclasses import dataclass

from radflow.hl7.charsets import declared_label
from radflow.hl7.errors import HL7Error
from radflow.hl7.escapes import Delimiters
from radflow.hl7.message import (
    body_of,
    header_fields,
    header_line,
    read_delimiters,
)


@dataclass(frozen=True, slots=True)
class Header:
    """MSH fields as raw text (Latin-1 view of the bytes, escapes untouched)."""

    fields: tuple[str, ...]
    delimiters: Delimiters

    @property
    def component(self) -> str:
        return self.delimiters.component

    def field(self, number: int) -> str:
        """MSH-`number`, counted as in the standard (MSH-3 is the sender)."""
        index = number - 1
        return self.fields[index] if index < len(self.fields) else ""

    def first(self, number: int) -> str:
        """The first component of a field."""
        return self.field(number).partition(self.component)[0]

    @property
    def control_id(self) -> str:
        return self.field(10)

    @property
    def message_type(self) -> str:
        code, _, rest = self.field(9).partition(self.component)
        event = rest.partition(self.component)[0]
        return f"{code}^{event}" if event else code

    @property
    def version(self) -> str:
        return self.first(12)

    @property
    def processing_id(self) -> str:
        return self.first(11)

    @property
    def sending_application(self) -> str:
        return self.first(3)

    @property
    def sending_facility(self) -> str:
        return self.first(4)

    @property
    def receiving_application(self) -> str:
        return self.first(5)

    @property
    def receiving_facility(self) -> str:
        return self.first(6)

    @property
    def message_time(self) -> str:
        return self.field(7)

    @property
    def charset(self) -> str:
        """The repetition of MSH-18 that tells how to read the message."""
        return declared_label(self.field(18), self.delimiters.repetition)


def peek(raw: bytes) -> Header | None:
    """The header, or None where the bytes do not begin with a usable MSH."""
    line = header_line(body_of(raw))
    try:
        delimiters = read_delimiters(line)
    except HL7Error:
        return None
    return Header(tuple(header_fields(line, delimiters)), delimiters)
