"""Composite data types read from and written to fields (HL7 section 2.A)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, TypeVar

from radflow.hl7.message import NULL, Repetition, Segment
from radflow.hl7.timestamps import (
    PartialDate,
    Timestamp,
    format_ts,
    parse_date,
    parse_ts,
)

T = TypeVar("T", bound="Composite")


class Composite:
    """A data type whose attributes are components, in the order of `POSITIONS`."""

    POSITIONS: ClassVar[tuple[tuple[int, int], ...]] = ()

    @classmethod
    def read(cls: type[T], repetition: Repetition) -> T:
        """From one occurrence; HL7 null reads as empty."""
        names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
        values = {
            name: repetition.value(component, subcomponent)
            for name, (component, subcomponent) in zip(
                names, cls.POSITIONS, strict=True
            )
        }
        return cls(**{k: "" if v == NULL else v for k, v in values.items()})

    @classmethod
    def of(cls: type[T], segment: Segment, number: int, repetition: int = 1) -> T:
        """From a field of a segment; all empty where there is no such occurrence."""
        found = segment.repetitions(number)
        return cls.read(found[repetition - 1]) if len(found) >= repetition else cls()


@dataclass(frozen=True)
class CX(Composite):
    """Identifier with its assigning authority (namespace, or OID and its type)."""

    POSITIONS = ((1, 1), (4, 1), (4, 2), (4, 3), (5, 1))
    id: str = ""
    authority: str = ""
    universal_id: str = ""
    universal_id_type: str = ""
    type: str = ""


@dataclass(frozen=True)
class EI(Composite):
    POSITIONS = ((1, 1), (2, 1), (3, 1), (4, 1))
    id: str = ""
    namespace: str = ""
    universal_id: str = ""
    universal_id_type: str = ""


@dataclass(frozen=True)
class CWE(Composite):
    """CE and CWE: code, text, system, and the alternate three."""

    POSITIONS = ((1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1))
    code: str = ""
    text: str = ""
    system: str = ""
    alt_code: str = ""
    alt_text: str = ""
    alt_system: str = ""


@dataclass(frozen=True)
class PL(Composite):
    POSITIONS = ((1, 1), (2, 1), (3, 1), (4, 1), (9, 1))
    point_of_care: str = ""
    room: str = ""
    bed: str = ""
    facility: str = ""
    description: str = ""


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
    def read(cls, repetition: Repetition) -> XPN:
        name = super().read(repetition)
        return _with_family(name, family_name(repetition.subcomponents(1)))


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
    def read(cls, repetition: Repetition) -> XCN:
        name = super().read(repetition)
        return _with_family(name, family_name(repetition.subcomponents(2)))


N = TypeVar("N", XPN, XCN)


def _with_family(name: N, family: str) -> N:
    values = {field.name: getattr(name, field.name) for field in fields(name)}
    return type(name)(**{**values, "family": family})


def family_name(parts: Sequence[str]) -> str:
    """FN: `Van&der Berg` holds prefix and own name apart; they are one name here."""
    own = [part for part in parts[:3] if part and part != NULL]
    return " ".join(dict.fromkeys(own)) if len(parts) > 1 else "".join(own)


def read_ndl(segment: Segment, number: int) -> XCN:
    """OBR-32: NDL with `&` in its first component, or the XCN that many send."""
    found = segment.repetitions(number)
    if not found:
        return XCN()
    parts = found[0].subcomponents(1)
    if len(parts) < 2:
        return XCN.read(found[0])
    values = [*parts, "", "", "", "", "", ""][:7]
    return XCN(*["" if value == NULL else value for value in values])


def xpn_to_pn(name: XPN) -> str:
    """DICOM PN group: prefix and suffix change places, the degree joins the suffix."""
    return _pn(name)


def xcn_to_pn(segment: Segment, number: int) -> str:
    """The first occurrence of an XCN field as DICOM PN, without the id."""
    return _pn(XCN.of(segment, number))


def _pn(name: XPN | XCN) -> str:
    suffix = " ".join(part for part in (name.suffix, name.degree) if part)
    parts = (name.family, name.given, name.middle, name.prefix, suffix)
    clean = [
        part.replace("^", " ").replace("=", " ").replace("\\", " ") for part in parts
    ]
    return "^".join(clean).rstrip("^")


__all__ = [
    "CWE",
    "CX",
    "EI",
    "NULL",
    "PL",
    "XCN",
    "XPN",
    "PartialDate",
    "Timestamp",
    "family_name",
    "format_ts",
    "parse_date",
    "parse_ts",
    "read_ndl",
    "xcn_to_pn",
    "xpn_to_pn",
]
