"""What one matching key asks for (PS3.4 C.2.2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from radflow.dicom.errors import IdentifierMismatch


@dataclass(frozen=True, slots=True)
class Universal:
    """No value: everything matches."""


@dataclass(frozen=True, slots=True)
class Single:
    """The whole value, exactly."""

    value: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``*`` any run of characters, ``?`` exactly one."""

    pattern: str

    def like(self) -> str:
        """The pattern for SQL ``LIKE ... ESCAPE '\\'``."""
        escaped = re.sub(r"([\\%_])", r"\\\1", self.pattern)
        return escaped.replace("*", "%").replace("?", "_")


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A list of values, one of which must be equal (UID list matching)."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends included and of full precision; "" is open."""

    low: str
    high: str


Criterion: TypeAlias = Universal | Single | Wildcard | AnyOf | Range
TextCriterion: TypeAlias = Universal | Single | Wildcard | AnyOf

ANYTHING = Universal()
_DAY = re.compile(r"(\d{4})\.?(0[1-9]|1[0-2])\.?(0[1-9]|[12]\d|3[01])")
_TIME = re.compile(
    r"([01]\d|2[0-3])(?::?([0-5]\d)(?::?([0-5]\d|60)(?:\.(\d{1,6}))?)?)?"
)


def text_criterion(values: tuple[str, ...], *, wildcards: bool = True) -> TextCriterion:
    """Several values mean any of them: not in the standard, but scanners send it."""
    trimmed = tuple(value.strip(" \0") for value in values)
    present = tuple(value for value in trimmed if value)
    if not present or (wildcards and any(not v.strip("*") for v in present)):
        return ANYTHING
    if len(present) > 1:
        return AnyOf(present)
    value = present[0]
    if wildcards and ("*" in value or "?" in value):
        return Wildcard(value)
    return Single(value)


def date_criterion(text: str, keyword: str) -> Universal | Range:
    """``YYYYMMDD``, ``A-B``, ``A-`` or ``-B``; one day is the range of that day."""
    low, high = _ends(text)
    if not low and not high:
        return ANYTHING
    return Range(_day(low, keyword), _day(high, keyword))


def time_criterion(text: str, keyword: str) -> Universal | Range:
    """As a date; ``10`` is the whole hour, ``1030`` the whole minute."""
    low, high = _ends(text)
    if not low and not high:
        return ANYTHING
    return Range(
        _time(low, keyword, fill=("00", "00", "000000")),
        _time(high, keyword, fill=("59", "59", "999999")),
    )


def is_range(text: str) -> bool:
    return "-" in text


def matches_text(value: str, criterion: TextCriterion) -> bool:
    match criterion:
        case Universal():
            return True
        case Single(wanted):
            return value == wanted
        case AnyOf(values):
            return value in values
        case Wildcard(pattern):
            return compiled(pattern).fullmatch(value) is not None


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression; runs of ``*`` count once."""
    collapsed = re.sub(r"\*+", "*", pattern)
    wild = {"*": ".*", "?": "."}
    return re.compile(
        "".join(wild.get(character) or re.escape(character) for character in collapsed),
        re.DOTALL,
    )


def _ends(text: str) -> tuple[str, str]:
    trimmed = text.strip(" \0")
    if not is_range(trimmed):
        return trimmed, trimmed
    low, _, high = trimmed.partition("-")
    return low.strip(), high.strip()


def _day(text: str, keyword: str) -> str:
    if not text:
        return ""
    found = _DAY.fullmatch(text)
    if found is None:
        raise IdentifierMismatch(keyword, "not a date or range of dates")
    return "".join(found.groups())


def _time(text: str, keyword: str, *, fill: tuple[str, str, str]) -> str:
    if not text:
        return ""
    found = _TIME.fullmatch(text)
    if found is None:
        raise IdentifierMismatch(keyword, "not a time or range of times")
    hour, minute, second, fraction = found.groups()
    # A leap second cannot be stored; it belongs to the minute it ends.
    second = "59" if second == "60" else second
    if fraction is not None:
        fraction = fraction + fill[2][len(fraction) :]
    return f"{hour}{minute or fill[0]}{second or fill[1]}.{fraction or fill[2]}"
