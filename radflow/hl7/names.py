"""Persons: XPN, XCN and NDL, and the DICOM PN they become (standards 6.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from radflow.hl7.composite import Composite
from radflow.hl7.segment import NULL, Repetition, Segment

_GROUPS = {"": 0, "A": 0, "I": 1, "P": 2}
_PN_CLEAN = str.maketrans({"^": " ", "=": " ", "\\": "/"})
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class XPN(Composite):
    """A person's name; `representation` is A, I or P (alphabetic, ideographic, ...)."""

    POSITIONS = ((1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1))
    family: str = ""
    given: str = ""
    middle: str = ""
    suffix: str = ""
    prefix: str = ""
    degree: str = ""
    type_code: str = ""
    representation: str = ""

    @classmethod
    def read(cls, repetition: Repetition) -> Self:
        family = family_name(repetition.subcomponents(1))
        return replace(super().read(repetition), family=family)


@dataclass(frozen=True)
class XCN(Composite):
    """A person by id and name."""

    POSITIONS = ((1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (9, 1))
    id: str = ""
    family: str = ""
    given: str = ""
    middle: str = ""
    suffix: str = ""
    prefix: str = ""
    degree: str = ""
    authority: str = ""

    @classmethod
    def read(cls, repetition: Repetition) -> Self:
        family = family_name(repetition.subcomponents(2))
        return replace(super().read(repetition), family=family)


@dataclass(frozen=True)
class NDL(Composite):
    """Who did it, when (`start`, `end` as TS text) and where: OBR-32 to OBR-35."""

    POSITIONS = (
        *((1, sub) for sub in range(1, 8)),
        (1, 9),
        *((component, 1) for component in range(2, 8)),
    )
    id: str = ""
    family: str = ""
    given: str = ""
    middle: str = ""
    suffix: str = ""
    prefix: str = ""
    degree: str = ""
    authority: str = ""
    start: str = ""
    end: str = ""
    point_of_care: str = ""
    room: str = ""
    bed: str = ""
    facility: str = ""

    @classmethod
    def read(cls, repetition: Repetition) -> Self:
        """Many senders put an XCN here: the name is then in the components."""
        second = repetition.value(2)
        if len(repetition.subcomponents(1)) > 1 or not second or second[:1].isdigit():
            return super().read(repetition)
        person = XCN.read(repetition)
        return cls(**vars(person))

    @property
    def person(self) -> XCN:
        return XCN(
            self.id,
            self.family,
            self.given,
            self.middle,
            self.suffix,
            self.prefix,
            self.degree,
            self.authority,
        )


def family_name(parts: Sequence[str]) -> str:
    """FN as one name: the surname in use, with its prefix where that stands apart.

    `Van der Berg&Van der&Berg` is the standard's way, `Van&der Berg` a common one.
    """
    surname, prefix, own = [
        "" if part == NULL else part for part in (*parts, "", "", "")[:3]
    ]
    if surname and (own or surname.startswith(prefix)):
        return surname
    return " ".join(part for part in (surname, prefix, own) if part)


def xpn_to_pn(name: XPN | XCN) -> str:
    """One PN group: prefix and suffix change places, the degree joins the suffix."""
    suffix = " ".join(part for part in (name.suffix, name.degree) if part)
    parts = (name.family, name.given, name.middle, name.prefix, suffix)
    return "^".join(_clean(part) for part in parts).rstrip("^")


def _clean(part: str) -> str:
    return _CONTROLS.sub(" ", part).translate(_PN_CLEAN).strip()


def names_to_pn(names: Iterable[XPN]) -> str:
    """`A=I=P` of a name's representations; the first of each kind counts."""
    groups = ["", "", ""]
    for name in names:
        place = _GROUPS.get(name.representation.upper(), 0)
        groups[place] = groups[place] or xpn_to_pn(name)
    return "=".join(groups).rstrip("=")


def xcn_to_pn(segment: Segment, number: int) -> str:
    """The first occurrence of an XCN field as DICOM PN, without the id."""
    return xpn_to_pn(XCN.of(segment, number))


def names_from_pn(text: str) -> list[XPN]:
    """PN groups as XPN occurrences; the first is alphabetic. Degrees stay in suffix."""
    names = []
    for group, representation in zip(text.split("="), "AIP", strict=False):
        family, given, middle, prefix, suffix = (*group.split("^"), *[""] * 5)[:5]
        if group:
            name = XPN(family, given, middle, suffix, prefix)
            names.append(replace(name, representation=representation))
    return names
