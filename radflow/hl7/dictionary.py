"""Names of segments, fields and data types per version, from hl7apy's tables.

For people who look at messages: nothing is accepted or refused by it. Unknown
versions take the nearest older one, unknown segments and fields have no name.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

DEFAULT = "2.5.1"
VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8")
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


def data_type(segment: str, number: int, version: str = DEFAULT) -> str:
    """`XPN` for PID-5; empty where unknown."""
    return _field(segment, number, nearest_version(version))[1]


def component_name(datatype: str, number: int, version: str = DEFAULT) -> str:
    """`Family name` for component 1 of XPN."""
    return _component(datatype, number, nearest_version(version))


@lru_cache(maxsize=4096)
def _children(segment: str, version: str) -> tuple[Any, ...]:
    return tuple(_tables(version).SEGMENTS.get(segment, ("", ()))[1])


@lru_cache(maxsize=4096)
def _field(segment: str, number: int, version: str) -> tuple[str, str]:
    if (segment, number) in OWN_FIELDS:
        return OWN_FIELDS[segment, number]
    children = _children(segment, version)
    if not 0 < number <= len(children):
        return "", ""
    entry = _tables(version).FIELDS.get(children[number - 1][0])
    return (_words(entry[3]), str(entry[2] or "")) if entry else ("", "")


@lru_cache(maxsize=4096)
def _component(datatype: str, number: int, version: str) -> str:
    tables = _tables(version)
    children = tables.DATATYPES_STRUCTS.get(datatype, ())
    if not 0 < number <= len(children):
        return ""
    entry = tables.DATATYPES.get(children[number - 1][0])
    return _words(entry[3]) if entry else ""


def _words(name: str | None) -> str:
    text = (name or "").replace("_", " ").capitalize()
    return re.sub(r"\b(id|uid|hl7)\b", lambda found: found[0].upper(), text)
