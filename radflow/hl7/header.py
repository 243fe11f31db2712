"""A fast look at MSH alone, for the listener; it never raises."""

from __future__ import annotations

import re
from dataclasses import dataclass

_END = re.compile(rb"[\r\n]")


@dataclass(frozen=True)
class Header:
    """MSH fields as raw text (Latin-1 view of the bytes, escapes untouched)."""

    fields: tuple[str, ...]
    component: str

    def field(self, number: int) -> str:
        """MSH-`number`, counted as in the standard (MSH-3 is the sender)."""
        index = number - 1
        return self.fields[index] if index < len(self.fields) else ""

    def first(self, number: int) -> str:
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
    def sending_application(self) -> str:
        return self.first(3)

    @property
    def sending_facility(self) -> str:
        return self.first(4)

    @property
    def charset(self) -> str:
        return self.field(18)


def peek(raw: bytes) -> Header | None:
    """The header, or None where the bytes do not begin with a usable MSH."""
    body = raw.removeprefix(b"\xef\xbb\xbf")
    if not body.startswith(b"MSH") or len(body) < 9:
        return None
    line = _END.split(body, maxsplit=1)[0].decode("latin-1")
    return Header(tuple(line.split(line[3])), line[4:5] or "^")
