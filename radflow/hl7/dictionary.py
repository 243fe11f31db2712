"""Names of segments, fields and data types per version, from hl7apy's tables.

For people who look at messages: nothing is accepted or refused by it. Unknown
versions take the nearest older one, unknown segments and fields have no name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from radflow.hl7 import tables

DEFAULT = "2.5.1"
VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8")
FIRST_WITH_TABLES = "2.3.1"
OWN_FIELDS = {("ZDS", 1): ("Study instance UID", "RP")}
# hl7apy names fields and data types, not segments.
SEGMENTS = {
    "ACC": "Accident",
    "ADD": "Addendum",
    "AIG": "Appointment, general resource",
    "AIL": "Appointment, location",
    "AIP": "Appointment, person",
    "AIS": "Appointment, service",
    "AL1": "Allergy",
    "BHS": "Batch header",
    "BLG": "Billing",
    "BTS": "Batch trailer",
    "CTD": "Contact",
    "CTI": "Clinical trial",
    "DB1": "Disability",
    "DG1": "Diagnosis",
    "DRG": "Diagnosis related group",
    "DSC": "Continuation pointer",
    "ERR": "Error",
    "EVN": "Event",
    "FHS": "File header",
    "FT1": "Charge",
    "FTS": "File trailer",
    "GT1": "Guarantor",
    "IN1": "Insurance",
    "IN2": "Insurance, additional",
    "IN3": "Insurance, certification",
    "IPC": "Imaging procedure control",
    "MRG": "Merge",
    "MSA": "Acknowledgement",
    "MSH": "Message header",
    "NK1": "Next of kin",
    "NTE": "Note",
    "OBR": "Observation request",
    "OBX": "Observation",
    "ORC": "Common order",
    "PD1": "Patient, additional",
    "PDA": "Patient death and autopsy",
    "PID": "Patient",
    "PR1": "Procedure",
    "PV1": "Visit",
    "PV2": "Visit, additional",
    "QAK": "Query acknowledgement",
    "QPD": "Query parameters",
    "QRD": "Query definition",
    "QRF": "Query filter",
    "RCP": "Response control",
    "RGS": "Resource group",
    "ROL": "Role",
    "SCH": "Appointment",
    "SFT": "Software",
    "SPM": "Specimen",
    "TCD": "Test code detail",
    "TQ1": "Timing and priority",
    "TQ2": "Timing, relations",
    "TXA": "Document",
    "ZDS": "Study instance UID (IHE)",
}
_VERSION = re.compile(r"[0-9](\.[0-9]){1,2}\Z")


@cache
def _tables(version: str) -> ModuleType:
    return import_module("hl7apy.v" + version.replace(".", "_"))


def nearest_version(version: str) -> str:
    """The version of ours that a message of `version` is read by."""
    if not _VERSION.match(version):
        return DEFAULT
    older = [known for known in VERSIONS if known <= version]
    return older[-1] if older else VERSIONS[0]


def segment_name(name: str, version: str = DEFAULT) -> str:
    """What a segment is for, in words; empty for those that no version names."""
    if name in SEGMENTS:
        return SEGMENTS[name]
    return "Site-defined segment" if name.startswith("Z") else ""


def field_name(segment: str, number: int, version: str = DEFAULT) -> str:
    """`Patient name` for PID-5; empty for what the version does not know."""
    return _field(segment, number, nearest_version(version))[0]


def field_type(segment: str, number: int, version: str = DEFAULT) -> str:
    """`XPN` for PID-5; empty where unknown, `varies` for OBX-5."""
    return _field(segment, number, nearest_version(version))[1]


def table_of(
    segment: str, number: int, version: str = DEFAULT, component: int = 0
) -> str:
    """`0119` for ORC-1; empty where the field, or its component, has no table."""
    version = nearest_version(version)
    _, datatype, table = _field(segment, number, version)
    if component:
        return _component(datatype, component, version)[2]
    return table


def table_name(table: str, version: str = DEFAULT) -> str:
    """`Order control codes` for 0119."""
    return str(_coded(table, nearest_version(version))[0])


def table_codes(table: str, version: str = DEFAULT) -> frozenset[str]:
    """The codes that the version lists; empty where it lists none."""
    return _coded(table, nearest_version(version))[1]


def table_value(table: str, code: str, version: str = DEFAULT) -> str:
    """What a code means; empty where we keep no meaning or the version lacks it."""
    codes = table_codes(table, version)
    if codes and code not in codes and code not in tables.MODALITIES:
        return ""
    return tables.meaning(table, code)


def component_name(
    segment: str,
    field: int,
    component: int,
    version: str = DEFAULT,
    *,
    datatype: str = "",
) -> str:
    """`Family name` for PID-5.1; `datatype` says what OBX-5 holds (OBX-2)."""
    version = nearest_version(version)
    datatype = datatype or _field(segment, field, version)[1]
    return _component(datatype, component, version)[0]


def component_type(datatype: str, number: int, version: str = DEFAULT) -> str:
    """`ST` for component 1 of CX."""
    return _component(datatype, number, nearest_version(version))[1]


def component_table(datatype: str, number: int, version: str = DEFAULT) -> str:
    """`0203` for component 5 of CX."""
    return _component(datatype, number, nearest_version(version))[2]


def component_count(datatype: str, version: str = DEFAULT) -> int:
    """How many components a data type has; 0 for those without."""
    return len(_structs(nearest_version(version)).get(datatype, ()))


@dataclass(frozen=True)
class Occurs:
    """How often a field or segment may stand; `most` is -1 where unbounded."""

    least: int
    most: int


def fields_of(segment: str, version: str = DEFAULT) -> tuple[Occurs, ...]:
    """Cardinality of each field from 1 on; empty for a segment the version lacks."""
    children = _children(segment, nearest_version(version))
    return tuple(Occurs(*child[2]) for child in children)


@dataclass(frozen=True)
class Node:
    """A segment of a message structure, or a group of them."""

    name: str
    occurs: Occurs
    choice: bool = False
    children: tuple[Node, ...] = ()


@lru_cache(maxsize=256)
def structure(name: str, version: str = DEFAULT) -> tuple[Node, ...]:
    """The segments and groups of `ORM_O01`; empty for what the version lacks."""
    found = _tables(nearest_version(version)).MESSAGES.get(name, ("", ()))
    return tuple(_node(child, nearest_version(version)) for child in found[1])


def _node(child: Any, version: str) -> Node:
    name, occurs = child[0], Occurs(*child[2])
    if child[3] == "SEG":
        return Node(name, occurs)
    group = _tables(version).GROUPS[name]
    children = tuple(_node(one, version) for one in group[1])
    return Node(name, occurs, group[0] == "choice", children)


@lru_cache(maxsize=4096)
def _children(segment: str, version: str) -> tuple[Any, ...]:
    entry = _tables(version).SEGMENTS.get(segment, ())
    return tuple(entry[1]) if len(entry) > 1 else ()


@lru_cache(maxsize=4096)
def _field(segment: str, number: int, version: str) -> tuple[str, str, str]:
    """Name, data type and table."""
    if (segment, number) in OWN_FIELDS:
        return *OWN_FIELDS[segment, number], ""
    children = _children(segment, version)
    if not 0 < number <= len(children):
        return "", "", ""
    entry = _tables(version).FIELDS.get(children[number - 1][0])
    return _named(entry) if entry else ("", "", "")


def _structs(version: str) -> dict[str, Any]:
    found: dict[str, Any] = _tables(version).DATATYPES_STRUCTS
    return found


@lru_cache(maxsize=4096)
def _component(datatype: str, number: int, version: str) -> tuple[str, str, str]:
    children = _structs(version).get(datatype, ())
    if not 0 < number <= len(children):
        return "", "", ""
    entry = _tables(version).DATATYPES.get(children[number - 1][0])
    return _named(entry) if entry else ("", "", "")


def _named(entry: Any) -> tuple[str, str, str]:
    table = str(entry[4] or "").removeprefix("HL7")
    return _words(entry[3]), str(entry[2] or ""), table


@lru_cache(maxsize=1024)
def _coded(table: str, version: str) -> tuple[str, frozenset[str]]:
    """The oldest versions list no codes, 2.4 not all: there another's count."""
    for known in (version, FIRST_WITH_TABLES, DEFAULT):
        listed = getattr(_tables(known), "TABLES", {}).get(f"HL7{table}")
        if listed:
            return listed[0], frozenset(listed[1])
    return "", frozenset()


def _words(name: str | None) -> str:
    text = (name or "").replace("_", " ").capitalize()
    return re.sub(r"\b(id|uid|hl7)\b", lambda found: found[0].upper(), text)
