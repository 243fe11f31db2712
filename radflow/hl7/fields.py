"""Composite data types read from and written to fields (HL7 section 2.A)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Self

from radflow.hl7.build import Value
from radflow.hl7.composite import Composite
from radflow.hl7.errors import HL7Error
from radflow.hl7.names import (
    NDL,
    XCN,
    XPN,
    family_name,
    names_from_pn,
    names_to_pn,
    xcn_to_pn,
    xpn_to_pn,
)
from radflow.hl7.segment import NULL, Segment
from radflow.hl7.timestamps import (
    PartialDate,
    Timestamp,
    format_ts,
    parse_date,
    parse_ts,
)

BASE64 = "Base64"
MAX_CONTENT = 10 * 1024 * 1024


@dataclass(frozen=True)
class HD(Composite):
    """A name space, or an OID and its type."""

    POSITIONS = ((1, 1), (2, 1), (3, 1))
    namespace: str = ""
    universal_id: str = ""
    universal_id_type: str = ""


@dataclass(frozen=True)
class CX(Composite):
    """Identifier with its assigning authority (namespace, or OID and its type)."""

    POSITIONS = ((1, 1), (4, 1), (4, 2), (4, 3), (5, 1), (2, 1))
    id: str = ""
    authority: str = ""
    universal_id: str = ""
    universal_id_type: str = ""
    type: str = ""
    check: str = ""


@dataclass(frozen=True)
class EI(Composite):
    """An order, accession or step number and who gave it."""

    POSITIONS = ((1, 1), (2, 1), (3, 1), (4, 1))
    id: str = ""
    namespace: str = ""
    universal_id: str = ""
    universal_id_type: str = ""


@dataclass(frozen=True)
class CWE(Composite):
    """CE and CWE: code, text, system and the alternate three; CWE adds the rest."""

    POSITIONS = tuple((number, 1) for number in range(1, 10))
    code: str = ""
    text: str = ""
    system: str = ""
    alt_code: str = ""
    alt_text: str = ""
    alt_system: str = ""
    version: str = ""
    alt_version: str = ""
    original_text: str = ""


@dataclass(frozen=True)
class PL(Composite):
    """A place in the hospital."""

    POSITIONS = ((1, 1), (2, 1), (3, 1), (4, 1), (9, 1), (5, 1), (6, 1), (7, 1), (8, 1))
    point_of_care: str = ""
    room: str = ""
    bed: str = ""
    facility: str = ""
    description: str = ""
    status: str = ""
    type: str = ""
    building: str = ""
    floor: str = ""


@dataclass(frozen=True)
class XAD(Composite):
    """An address; `street` is the whole line where the sender did not split it."""

    POSITIONS = tuple((number, 1) for number in range(1, 10))
    street: str = ""
    other: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    type: str = ""
    other_geographic: str = ""
    county: str = ""


@dataclass(frozen=True)
class RP(Composite):
    """A pointer to data elsewhere; ZDS-1 holds a Study Instance UID (section 8.1)."""

    POSITIONS = ((1, 1), (2, 1), (3, 1), (4, 1))
    pointer: str = ""
    application: str = ""
    type: str = ""
    subtype: str = ""


@dataclass(frozen=True)
class ED(Composite):
    """Data within the message, such as a PDF in Base64."""

    POSITIONS = ((1, 1), (2, 1), (3, 1), (4, 1), (5, 1))
    source: str = ""
    type: str = ""
    subtype: str = ""
    encoding: str = ""
    data: str = ""

    @classmethod
    def holding(cls, data: bytes, type: str, subtype: str, *, source: str = "") -> Self:
        return cls(source, type, subtype, BASE64, b64encode(data).decode())

    def content(self, limit: int = MAX_CONTENT) -> bytes:
        """The bytes meant; HL7Error 102 where they are not, or are over the limit."""
        if len(self.data) > 2 * limit + 4:
            raise HL7Error("102", f"Encapsulated data of more than {limit} bytes.")
        data = self._decoded()
        if len(data) > limit:
            raise HL7Error("102", f"Encapsulated data of more than {limit} bytes.")
        return data

    def _decoded(self) -> bytes:
        text = "".join(self.data.split())
        try:
            match self.encoding.upper():
                case "BASE64":
                    return b64decode(text, validate=True)
                case "HEX":
                    return bytes.fromhex(text)
        except ValueError:
            raise HL7Error("102", f"Not valid {self.encoding.title()} data.") from None
        if self.encoding.upper() not in ("", "A"):
            raise HL7Error("103", "The encoding of the data is not known.")
        return self.data.encode()


@dataclass(frozen=True)
class TQ(Composite):
    """Quantity and timing of ORC-7 and OBR-27; `start` and `end` are TS text."""

    POSITIONS = ((1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1))
    quantity: str = ""
    interval: str = ""
    duration: str = ""
    start: str = ""
    end: str = ""
    priority: str = ""

    @classmethod
    def of_tq1(cls, segment: Segment) -> Self:
        """The same of a TQ1 segment, which took the place of the type in 2.5."""
        numbers = (2, 3, 6, 7, 8, 9)
        return cls(*[_without_null(segment.value(number)) for number in numbers])

    def tq1(self, number: int = 1) -> dict[int, Value]:
        """Fields of TQ1 for `build.segment`; `number` is the set id."""
        return {
            1: str(number),
            2: self.quantity,
            3: self.interval,
            6: self.duration,
            7: self.start,
            8: self.end,
            9: self.priority,
        }


def _without_null(value: str) -> str:
    return "" if value == NULL else value


__all__ = [
    "CWE",
    "CX",
    "ED",
    "EI",
    "HD",
    "NDL",
    "NULL",
    "PL",
    "RP",
    "TQ",
    "XAD",
    "XCN",
    "XPN",
    "PartialDate",
    "Timestamp",
    "family_name",
    "format_ts",
    "names_from_pn",
    "names_to_pn",
    "parse_date",
    "parse_ts",
    "xcn_to_pn",
    "xpn_to_pn",
]
