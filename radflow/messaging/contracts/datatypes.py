"""What a value of an HL7 data type may look like, as far as one field can tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from radflow.hl7.errors import HL7Error
from radflow.hl7.message import NULL, Repetition
from radflow.hl7.timestamps import parse_date, parse_ts

_UTC = ZoneInfo("UTC")
_NUMBER = re.compile(r"[+-]?(\d{1,15}\.?\d{0,15}|\.\d{1,15})\Z", re.ASCII)
_COUNT = re.compile(r"\d{1,4}\Z", re.ASCII)
_DAY_TIME = re.compile(
    r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,4})?)?)?([+-]\d{4})?\Z", re.ASCII
)

# The leaves of a value by number; of a component's value these are sub-components.
Leaves = Callable[[int], str]
Check = Callable[[Leaves], str]


@dataclass(frozen=True)
class DataType:
    """`components`: the most it has; None where only the contract can tell.

    `check` ends a sentence about what is wrong.
    """

    name: str
    components: int | None = 1
    check: Check = lambda part: ""

    @property
    def is_simple(self) -> bool:
        return self.components == 1


def _matching(pattern: re.Pattern[str], fault: str) -> Check:
    return lambda part: "" if pattern.match(part(1)) else _(fault)


def _readable(read: Callable[[str], object], fault: str) -> Check:
    def check(part: Leaves) -> str:
        try:
            read(part(1))
        except HL7Error:
            return _(fault)
        return ""

    return check


def _needs(*components: int) -> Check:
    """One of these components has a value."""

    def check(part: Leaves) -> str:
        told = (part(number) for number in components)
        if any(v not in ("", NULL) for v in told):
            return ""
        names = _(" or ").join(str(number) for number in components)
        return _("has no value in component %(names)s") % {"names": names}

    return check


def _word(part: Leaves) -> str:
    return _("has blanks in a code") if re.search(r"\s", part(1)) else ""


_MOMENT = _readable(
    lambda text: parse_ts(text, zone=_UTC),
    gettext_noop("is no date and time (YYYYMMDDHHMM)"),
)
_TYPES = (
    DataType("ST"),
    DataType("TX"),
    DataType("FT"),
    DataType("ID", check=_word),
    DataType("IS", check=_word),
    DataType(
        "SI", check=_matching(_COUNT, gettext_noop("is no number from 0 to 9999"))
    ),
    DataType("NM", check=_matching(_NUMBER, gettext_noop("is no number"))),
    DataType("DT", check=_readable(parse_date, gettext_noop("is no date (YYYYMMDD)"))),
    DataType(
        "TM", check=_matching(_DAY_TIME, gettext_noop("is no time of day (HHMM)"))
    ),
    DataType("DTM", check=_MOMENT),
    DataType("TS", 2, _MOMENT),
    DataType("CE", 6, _needs(1, 2)),
    DataType("CWE", 22, _needs(1, 2)),
    DataType("CNE", 22, _needs(1, 2)),
    DataType("EI", 4, _needs(1)),
    DataType("HD", 3, _needs(1, 2)),
    DataType("RP", 4, _needs(1)),
    DataType("CX", 12, _needs(1)),
    DataType("XCN", 25, _needs(1, 2)),
    DataType("XPN", 15, _needs(1, 2)),
    DataType("XON", 10, _needs(1, 10)),
    DataType("PL", 11, _needs(1, 2, 3, 4, 7, 9)),
    DataType("CQ", 2, _needs(1)),
    DataType("CM", None),
)
DATATYPES = {known.name: known for known in _TYPES}
NUMERIC = frozenset({"SI", "NM"})


def datatype(name: str) -> DataType:
    """What is not known is text; drafts with such a type are refused earlier."""
    return DATATYPES.get(name, DATATYPES["ST"])


def guess(one: Repetition) -> str:
    """The narrowest type that this value could be; ST where nothing speaks for it."""
    count = len(one.components())
    text = one.value()
    if count > 1:
        return "CE" if count in (3, 6) else "CM"
    if re.match(r"(19|20)\d{6}\Z", text, re.ASCII) and not _fails("DT", one):
        return "DT"
    if re.match(r"(19|20)\d{8,12}", text, re.ASCII) and not _fails("DTM", one):
        return "TS"
    if not _fails("NM", one):
        return "NM"
    return "ID" if text in ("Y", "N") else "ST"


def _fails(name: str, one: Repetition) -> str:
    return DATATYPES[name].check(one.value)
