"""The keys by which a sender may put things elsewhere (standards.md section 3.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

Paths = tuple[str, ...]

# Each with the words that people read; the fields behind them are the profile's.
KEYS: dict[str, str] = {
    "accession": gettext_noop("Accession number"),
    "requested_procedure_id": gettext_noop("Requested procedure ID"),
    "step_id": gettext_noop("Scheduled step ID"),
    "study_uid": gettext_noop("Study UID"),
    "modality": gettext_noop("Modality"),
    "protocol": gettext_noop("Protocol code"),
    "procedure": gettext_noop("Requested procedure"),
    "start": gettext_noop("Requested start"),
    "priority": gettext_noop("Priority"),
    "station_ae": gettext_noop("Station AE title"),
    "station_name": gettext_noop("Station name"),
    "location": gettext_noop("Location of the step"),
}
_COMMON: dict[str, Paths] = {
    "study_uid": ("ZDS-1.1",),
    "modality": ("OBR-24.1",),
    "start": ("TQ1-7.1", "ORC-7.4", "OBR-27.4", "OBR-36.1"),
    "priority": ("TQ1-9.1", "ORC-7.6", "OBR-27.6", "OBR-5.1"),
    "station_ae": (),
    "station_name": (),
    "location": (),
}
# Where each profile looks, the first with a value wins.
PROFILES: dict[str, dict[str, Paths]] = {
    "seed": {
        **_COMMON,
        "accession": ("OBR-3.1", "OBR-18.1"),
        "requested_procedure_id": ("OBR-19.1",),
        "step_id": ("OBR-20.1",),
        "protocol": ("OBR-4.4", "OBR-4.1"),
        "procedure": ("OBR-4.1",),
    },
    "ihe-231": {
        **_COMMON,
        "accession": ("OBR-18.1",),
        "requested_procedure_id": ("OBR-19.1",),
        "step_id": ("OBR-20.1",),
        "protocol": ("OBR-4.4",),
        "procedure": ("OBR-44.1", "OBR-4.1"),
    },
    "ihe-251": {
        **_COMMON,
        "accession": ("IPC-1.1", "OBR-18.1"),
        "requested_procedure_id": ("IPC-2.1",),
        "step_id": ("IPC-4.1",),
        "study_uid": ("IPC-3.1", "ZDS-1.1"),
        "modality": ("IPC-5.1", "OBR-24.1"),
        "protocol": ("IPC-6.1",),
        "procedure": ("OBR-44.1", "OBR-4.1"),
        "station_ae": ("IPC-9.1",),
        "station_name": ("IPC-7.1",),
        "location": ("IPC-8.1",),
    },
}
CODE_SET = "obr24"
DICOM, HL70074 = "dicom", "hl70074"
CODE_SETS: dict[str, str] = {
    DICOM: gettext_noop("DICOM modalities"),
    HL70074: gettext_noop("HL7 table 0074"),
}
PATH = re.compile(r"[A-Z][A-Z0-9]{2}-[1-9][0-9]{0,2}(\.[1-9][0-9]?)?\Z")
MOST_PATHS = 8


def fault_in(key: str, value: Any) -> str:
    """What is wrong with one entry of Peer.mapping, as a sentence; empty if fine."""
    if key == CODE_SET:
        known = isinstance(value, str) and value in CODE_SETS
        if known:
            return ""
        names = {"names": ", ".join(CODE_SETS)}
        return _("The code set is one of %(names)s.") % names
    if key not in KEYS:
        return _("There is no such key.")
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_PATHS:
        most = {"most": MOST_PATHS}
        return _("Give one to %(most)s fields, the first with a value wins.") % most
    if not all(isinstance(path, str) and PATH.match(path) for path in value):
        return _("A field is written as OBR-18.1: segment, field, component.")
    return ""


def faults_in(mapping: Any) -> dict[str, str]:
    """The faults by key; a mapping that is no object has one under the empty key."""
    if not isinstance(mapping, Mapping):
        return {"": _("The mapping must be an object of keys.")}
    found = {str(key): fault_in(str(key), value) for key, value in mapping.items()}
    return {key: fault for key, fault in found.items() if fault}
