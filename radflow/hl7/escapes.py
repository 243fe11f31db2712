"""Escape sequences of HL7 section 2.7, both ways; nothing escaped can inject.

Text leaves as: delimiters and the escape character by name, line feed as `\\.br\\`,
every other control character as `\\Xhh\\`. So `unescape(escape(text)) == text` for any
text, and CR, LF and CRLF stay apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

MAX_SPACES = 80
# NEL and the Unicode line ends: other parsers split lines at them.
_CONTROLS = (*map(chr, range(32)), "\x7f", "\x85", "\u2028", "\u2029")


@dataclass(frozen=True)
class Delimiters:
    """MSH-1 and MSH-2. `truncation` (2.7) is read and otherwise left alone; an empty
    mark is one that the sender does not use. `charset` is the codec of `\\X..\\`."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""
    charset: str = "utf_8"

    @property
    def encoding_characters(self) -> str:
        return (
            self.component
            + self.repetition
            + self.escape
            + self.subcomponent
            + self.truncation
        )

    def names(self) -> dict[str, str]:
        """The escape name of each mark: `F` is the field separator."""
        names = {
            "F": self.field,
            "S": self.component,
            "T": self.subcomponent,
            "R": self.repetition,
            "E": self.escape,
            "P": self.truncation,
        }
        return {name: mark for name, mark in names.items() if mark}


STANDARD = Delimiters()


def escape(text: str, delimiters: Delimiters = STANDARD) -> str:
    """Make any text safe as a leaf value of a message."""
    return text.translate(_escapes(delimiters))


@lru_cache(maxsize=64)
def _escapes(delimiters: Delimiters) -> Mapping[int, str]:
    mark = delimiters.escape
    if not mark:
        raise ValueError("no escape character to write with")
    table = {char: f"X{char.encode().hex().upper()}" for char in _CONTROLS}
    table |= {char: name for name, char in delimiters.names().items()}
    if "." not in table:
        table["\n"] = ".br"
    return {ord(char): f"{mark}{name}{mark}" for char, name in table.items()}


def unescape(text: str, delimiters: Delimiters = STANDARD) -> str:
    """Read a leaf value; unknown, local and charset-shift sequences stay as is."""
    mark = delimiters.escape
    if not mark or mark not in text:
        return text
    pattern, names = _sequences(delimiters)
    charset = delimiters.charset
    return pattern.sub(lambda match: _meaning(match, names, charset), text)


@lru_cache(maxsize=64)
def _sequences(delimiters: Delimiters) -> tuple[re.Pattern[str], dict[str, str]]:
    """What is a sequence: those kept whole are found too, so that their closing mark
    does not open another."""
    mark = re.escape(delimiters.escape)
    names = {**delimiters.names(), "H": "", "N": ""}
    named = "|".join(names)
    bodies = (
        rf"(?P<name>{named})",
        r"X(?P<hex>(?:[0-9A-Fa-f]{2})+)",
        r"\.(?P<line>br|sp|ce)(?:\s*\+?(?P<lines>[0-9]{1,4}))?",
        r"\.(?P<layout>in|ti|fi|nf|sk)\s*(?P<spaces>[+-]?[0-9]{0,4})",
        rf"(?P<kept>C[0-9A-Fa-f]{{4}}|M[0-9A-Fa-f]{{4,6}}|Z[^{mark}]{{0,20}})",
    )
    return re.compile(f"{mark}(?:{'|'.join(bodies)}){mark}"), names


def _meaning(match: re.Match[str], names: Mapping[str, str], charset: str) -> str:
    match match.lastgroup:
        case "name":
            return names[match["name"]]
        case "hex":
            return _hex(match["hex"], charset)
        case "kept":
            return match[0]
        case "spaces":
            return _spaces(match)
    return "\n" * _count(match["lines"] if match["line"] == "sp" else None)


def _spaces(match: re.Match[str]) -> str:
    """`\\.sk n\\` skips n columns; indents and fill modes are nothing in plain text."""
    return " " * _count(match["spaces"]) if match["layout"] == "sk" else ""


def _count(digits: str | None) -> int:
    return min(max(int((digits or "").strip("+-") or "1"), 1), MAX_SPACES)


def _hex(digits: str, charset: str) -> str:
    """`\\X..\\` bytes are UTF-8, else of the message's set, else one character each."""
    data = bytes.fromhex(digits)
    for codec in ("utf_8", charset):
        with suppress(UnicodeDecodeError):
            return data.decode(codec)
    return data.decode("latin-1")


def respell(raw: str, delimiters: Delimiters) -> str:
    """A raw field of a sender with other delimiters, as the standard ones write it.

    Control characters are escaped too, so that it may be copied into an answer.
    """
    return raw.translate(_respelling(delimiters))


@lru_cache(maxsize=64)
def _respelling(delimiters: Delimiters) -> Mapping[int, str]:
    table = dict(_escapes(STANDARD))
    theirs, ours = delimiters.names(), STANDARD.names()
    for name, mark in theirs.items():
        table[ord(mark)] = ours.get(name, mark)
    return table
