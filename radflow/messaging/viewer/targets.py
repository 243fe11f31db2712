"""Where a field of a message goes in radflow, in words for the viewer."""

from __future__ import annotations

from radflow.messaging.models import Peer
from radflow.messaging.models.mapping import KEYS, PROFILES

_WORDS = {
    "MSH-3": "Names the sender: chooses the peer and its settings",
    "MSH-4": "Names the sender: chooses the peer and its settings",
    "MSH-7": "Compared with our clock; kept with the message",
    "MSH-9": "Chooses what is done with the message",
    "MSH-10": "Returned in the answer; tells a repeat from a new message",
    "MSH-11": "Production or test: must suit the peer",
    "MSH-12": "Chooses the names and tables shown here",
    "MSH-18": "Chooses how the bytes are read",
    "MSA-1": "Ends or repeats the message that it answers",
    "MSA-2": "Finds the message that it answers",
    "PID-3": "Identifiers of the patient",
    "PID-5": "Name of the patient",
    "PID-7": "Birth date of the patient",
    "PID-8": "Sex of the patient",
    "PID-30": "Marks the patient as deceased",
    "MRG-1": "Identifiers that become those of PID-3",
    "ORC-1": "What is asked of the order: new, change, cancel",
    "ORC-2": "Placer order number of the order",
    "ORC-3": "Filler order number of the order",
    "ORC-12": "Ordering provider of the order",
    "OBR-2": "Placer order number of the order",
    "OBR-3": "Filler order number of the order",
    "OBR-4": "Procedure of the order, looked up in the catalogue",
    "OBR-13": "Clinical information of the order",
    "OBR-16": "Ordering provider of the order",
    "OBR-31": "Reason for the exam",
    "AL1-3": "Allergy of the patient",
}


def target_of(path: str, peer: Peer | None) -> str:
    """What becomes of the field; empty for what is only kept with the message."""
    mapping = (peer.mapping or {}) if peer else {}
    profile = PROFILES.get(str(peer.profile) if peer else "seed", PROFILES["seed"])
    found = []
    for key, label in KEYS.items():
        paths = mapping.get(key, profile.get(key, ()))
        found += [
            f"{label} of the order (from {at})"
            for at in paths
            if at.partition(".")[0] == path
        ]
    return "; ".join([*([_WORDS[path]] if path in _WORDS else []), *found])
