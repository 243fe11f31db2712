"""Composite data types read from and written to fields (HL7 section 2.A)."""

from __future__ import annotations

from dataclasses import dataclass

from radflow.hl7.composite import Composite
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
from radflow.hl7.segment import NULL
from radflow.hl7.timestamps import (
    PartialDate,
    Timestamp,
    format_ts,
    parse_date,
    parse_ts,
)


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
    """A place in the hospital."""

    POSITIONS = ((1, 1), (2, 1), (3, 1), (4, 1), (9, 1))
    point_of_care: str = ""
    room: str = ""
    bed: str = ""
    facility: str = ""
    description: str = ""


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
