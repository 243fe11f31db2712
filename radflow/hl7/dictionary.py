"""Names of segments, fields and data types per version, from hl7apy's tables."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8")
_EXTRA = {
    "ZDS": "Study Instance UID (IHE RAD-4)",
    "MSH": "Message header",
}


@cache
def _tables(version: str) -> ModuleType:
    nearest = version if version in VERSIONS else _nearest(version)
    return import_module("hl7apy.v" + nearest.replace(".", "_"))


def _nearest(version: str) -> str:
    older = [known for known in VERSIONS if known <= version]
    return older[-1] if older else "2.5.1"


@cache
def _segment(name: str, version: str) -> tuple[Any, ...]:
    try:
        found = _tables(version).get(name, "Segment")
    except KeyError:
        return ()
    return tuple(found[1]) if found else ()


@cache
def field_name(segment: str, number: int, version: str) -> str:
    """`Patient Name` for PID-5; empty for what the version does not know."""
    fields = _segment(segment, version)
    if segment == "ZDS" and number == 1:
        return "Study Instance UID"
    if not 0 < number <= len(fields):
        return ""
    try:
        description = _tables(version).get(fields[number - 1][0], "Field")[3]
    except (KeyError, IndexError, TypeError):
        return ""
    return str(description).replace("_", " ").capitalize()


@cache
def data_type(segment: str, number: int, version: str) -> str:
    """`XPN` for PID-5; empty where unknown."""
    fields = _segment(segment, version)
    if not 0 < number <= len(fields):
        return ""
    try:
        return str(_tables(version).get(fields[number - 1][0], "Field")[2] or "")
    except (KeyError, IndexError, TypeError):
        return ""


@cache
def segment_name(name: str, version: str) -> str:
    """What a segment is for, in words; empty for those no version names."""
    return _EXTRA.get(name) or _SEGMENTS.get(name, "")


_SEGMENTS = {
    "AIG": "Appointment, general resource",
    "AIL": "Appointment, location",
    "AIP": "Appointment, person",
    "AIS": "Appointment, service",
    "AL1": "Allergy",
    "DG1": "Diagnosis",
    "ERR": "Error",
    "EVN": "Event",
    "FT1": "Charge",
    "GT1": "Guarantor",
    "IN1": "Insurance",
    "IPC": "Imaging procedure control",
    "MRG": "Merge",
    "MSA": "Acknowledgement",
    "NK1": "Next of kin",
    "NTE": "Note",
    "OBR": "Observation request",
    "OBX": "Observation",
    "ORC": "Common order",
    "PD1": "Patient, additional",
    "PID": "Patient",
    "PV1": "Visit",
    "PV2": "Visit, additional",
    "QPD": "Query parameters",
    "RGS": "Resource group",
    "SCH": "Appointment",
    "TQ1": "Timing and priority",
    "TXA": "Document",
    "ZPH": "Vendor segment",
    "ZSI": "Vendor segment",
}
