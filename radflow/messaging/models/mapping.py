"""The keys by which a sender may put things elsewhere (standards.md section 3.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Each with the words that people read; the fields behind them are the profile's.
KEYS: dict[str, str] = {
    "accession": "Accession number",
    "requested_procedure_id": "Requested procedure ID",
    "step_id": "Scheduled step ID",
    "study_uid": "Study UID",
    "modality": "Modality",
    "protocol": "Protocol code",
    "procedure": "Requested procedure",
    "start": "Requested start",
    "priority": "Priority",
    "station_ae": "Station AE title",
    "station_name": "Station name",
    "location": "Location of the step",
}
CODE_SET = "obr24"
DICOM, HL70074 = "dicom", "hl70074"
CODE_SETS: dict[str, str] = {
    DICOM: "DICOM modalities",
    HL70074: "HL7 table 0074",
}
PATH = re.compile(r"[A-Z][A-Z0-9]{2}-[1-9][0-9]{0,2}(\.[1-9][0-9]?)?\Z")
MOST_PATHS = 8


def fault_in(key: str, value: Any) -> str:
    """What is wrong with one entry of Peer.mapping, as a sentence; empty if fine."""
    if key == CODE_SET:
        known = isinstance(value, str) and value in CODE_SETS
        return "" if known else f"The code set is one of {', '.join(CODE_SETS)}."
    if key not in KEYS:
        return "There is no such key."
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_PATHS:
        return f"Give one to {MOST_PATHS} fields, the first with a value wins."
    if not all(isinstance(path, str) and PATH.match(path) for path in value):
        return "A field is written as OBR-18.1: segment, field, component."
    return ""


def faults_in(mapping: Any) -> dict[str, str]:
    """The faults by key; a mapping that is no object has one under the empty key."""
    if not isinstance(mapping, Mapping):
        return {"": "The mapping must be an object of keys."}
    found = {str(key): fault_in(str(key), value) for key, value in mapping.items()}
    return {key: fault for key, fault in found.items() if fault}
