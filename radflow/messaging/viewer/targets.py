"""Where a field of a message goes in radflow, in words for the viewer."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from radflow.messaging.models import Peer
from radflow.messaging.models.mapping import KEYS, PROFILES

_WORDS = {
    "MSH-3": gettext_noop("Names the sender: chooses the peer and its settings"),
    "MSH-4": gettext_noop("Names the sender: chooses the peer and its settings"),
    "MSH-7": gettext_noop("Compared with our clock; kept with the message"),
    "MSH-9": gettext_noop("Chooses what is done with the message"),
    "MSH-10": gettext_noop("Returned in the answer; tells a repeat from a new message"),
    "MSH-11": gettext_noop("Production or test: must suit the peer"),
    "MSH-12": gettext_noop("Chooses the names and tables shown here"),
    "MSH-18": gettext_noop("Chooses how the bytes are read"),
    "MSA-1": gettext_noop("Ends or repeats the message that it answers"),
    "MSA-2": gettext_noop("Finds the message that it answers"),
    "PID-3": gettext_noop("Identifiers of the patient"),
    "PID-5": gettext_noop("Name of the patient"),
    "PID-7": gettext_noop("Birth date of the patient"),
    "PID-8": gettext_noop("Sex of the patient"),
    "PID-29": gettext_noop("Time of death of the patient"),
    "PID-30": gettext_noop("Marks the patient as deceased"),
    "MRG-1": gettext_noop("Identifiers that become those of PID-3"),
    "ORC-1": gettext_noop("What is asked of the order: new, change, cancel"),
    "ORC-2": gettext_noop("Placer order number of the order"),
    "ORC-3": gettext_noop("Filler order number of the order"),
    "ORC-12": gettext_noop("Ordering provider of the order"),
    "OBR-2": gettext_noop("Placer order number of the order"),
    "OBR-3": gettext_noop("Filler order number of the order"),
    "OBR-4": gettext_noop("Procedure of the order, looked up in the catalogue"),
    "OBR-13": gettext_noop("Clinical information of the order"),
    "OBR-16": gettext_noop("Ordering provider of the order"),
    "OBR-31": gettext_noop("Reason for the exam"),
    "AL1-2": gettext_noop("Type of the allergy"),
    "AL1-3": gettext_noop("Allergy of the patient"),
    "AL1-4": gettext_noop("Severity of the allergy"),
    "AL1-5": gettext_noop("Reaction of the allergy"),
}


def target_of(path: str, peer: Peer | None) -> str:
    """What becomes of the field; empty for what is only kept with the message."""
    mapping = (peer.mapping or {}) if peer else {}
    profile = PROFILES.get(str(peer.profile) if peer else "seed", PROFILES["seed"])
    found = []
    for key, label in KEYS.items():
        paths = mapping.get(key, profile.get(key, ()))
        found += [
            _("%(what)s of the order (from %(place)s)")
            % {"what": _(label), "place": at}
            for at in paths
            if at.partition(".")[0] == path
        ]
    return "; ".join([*([_(_WORDS[path])] if path in _WORDS else []), *found])
