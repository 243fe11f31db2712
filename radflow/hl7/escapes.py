"""Escape sequences of HL7 section 2.7, both ways; nothing escaped can inject.

Text leaves as: delimiters and the escape character by name, line feed as `\\.br\\`,
every other control character as `\\Xhh\\`. So `unescape(escape(text)) == text`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEX = re.compile(r"X(?:[0-9A-Fa-f]{2})+\Z")
_NEWLINE = re.compile(r"\.(?:br|sp|ce)(?:\s*\+?\d+)?\Z")
_LAYOUT = re.compile(r"\.(?:in|ti|fi|nf|sk)\s*[+-]?\d*\Z")
_CONTROLS = frozenset(map(chr, [*range(32), 0x7F, 0x85, 0x2028, 0x2029]))


@dataclass(frozen=True)
class Delimiters:
    """MSH-1 and MSH-2; `truncation` (2.7) is read and otherwise left alone."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""

    @property
    def encoding_characters(self) -> str:
        return (
            self.component
            + self.repetition
            + self.escape
            + self.subcomponent
            + self.truncation
        )


STANDARD = Delimiters()


def escape(text: str, delimiters: Delimiters = STANDARD) -> str:
    """Make any text safe as a leaf value of a message."""
    if text.isalnum():
        return text
    table = _escape_table(delimiters)
    return "".join([table.get(char) or _control(char, delimiters) for char in text])


_tables: dict[Delimiters, dict[str, str]] = {}


def _escape_table(delimiters: Delimiters) -> dict[str, str]:
    if delimiters not in _tables:
        mark = delimiters.escape
        _tables[delimiters] = {
            delimiters.field: f"{mark}F{mark}",
            delimiters.component: f"{mark}S{mark}",
            delimiters.subcomponent: f"{mark}T{mark}",
            delimiters.repetition: f"{mark}R{mark}",
            mark: f"{mark}E{mark}",
            "\n": f"{mark}.br{mark}",
        }
    return _tables[delimiters]


def _control(char: str, delimiters: Delimiters) -> str:
    if char not in _CONTROLS:
        return char
    mark = delimiters.escape
    return f"{mark}X{char.encode().hex().upper()}{mark}"


def unescape(text: str, delimiters: Delimiters = STANDARD) -> str:
    """Read a leaf value; unknown, local and charset-shift sequences stay as is."""
    mark = delimiters.escape
    if not mark or mark not in text:
        return text
    parts = text.split(mark)
    out = [parts[0]]
    position = 1
    while position < len(parts):
        meaning = None
        if position + 1 < len(parts):
            meaning = _meaning(parts[position], delimiters)
        if meaning is None:
            out.append(mark + parts[position])
            position += 1
        else:
            out.append(meaning + parts[position + 1])
            position += 2
    return "".join(out)


def _meaning(name: str, delimiters: Delimiters) -> str | None:
    named = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.subcomponent,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "P": delimiters.truncation or "#",
        "H": "",
        "N": "",
    }
    if name in named:
        return named[name]
    if _NEWLINE.match(name):
        return "\n"
    if _LAYOUT.match(name):
        return ""
    if _HEX.match(name):
        return _hex(name[1:])
    return None


def _hex(digits: str) -> str:
    """`\\X..\\` bytes are text where they are UTF-8, else Latin-1 (one byte each)."""
    data = bytes.fromhex(digits)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
