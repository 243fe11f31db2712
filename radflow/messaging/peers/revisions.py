"""What a peer's settings were, what changed, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.db import models, transaction

from radflow.accounts.models import User
from radflow.messaging.models import Listener, Peer, PeerRevision
from radflow.messaging.models.mapping import CODE_SET, CODE_SETS, KEYS
from radflow.messaging.peers.settings import FIELDS, change_peer

NOTHING = "none"
LABELS: dict[str, str] = {
    "sending_application": "Sending application (MSH-3)",
    "sending_facility": "Sending facility (MSH-4)",
    "processing_ids": "Processing IDs (MSH-11)",
    "extra_versions": "Further versions (MSH-12)",
    "fallback_charset": "Character set where MSH-18 is empty",
    "utf8_under_label": "Read UTF-8 under an 8859 label",
    "default_authority": "Default assigning authority",
    "reply_at": "Answer states",
    "result_seconds": "Deadline of the result, seconds",
    "reused_id": "A control ID used again",
    "enhanced_out": "Ask for enhanced acknowledgement",
    "version_out": "Version we send",
    "wants_status": "Send status changes",
    "wants_results": "Send results",
    "wants_scheduling": "Send procedures scheduled and changed (RAD-4, RAD-13)",
    "wants_updates": "Send patient updates and merges (RAD-12)",
    "imaging_message": "Send them as",
    "upsert": "Make an order of a change that comes first",
    "merged_id": "A retired patient ID",
    "drift": "A change of patient data or procedure before the start",
    "ack_timeout": "Acknowledgement time-out, seconds",
    "networks": "Allowed addresses",
    "certificate": "Certificate SHA-256",
    "allowed_gap": "Allowed silence, minutes",
    "listener": "Only by listener",
}


@dataclass(frozen=True)
class Difference:
    """One setting in words, before and after."""

    field: str
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Step:
    """A revision and what it changed against the one before it."""

    revision: PeerRevision
    differences: list[Difference]
    is_first: bool


def history_of(peer: Peer) -> list[Step]:
    """Newest first; a peer that nobody changed yet has none."""
    found = list(peer.revisions.select_related("changed_by"))
    names = listener_names()
    return [
        Step(new, differences(old.values, new.values, names) if old else [], not old)
        for new, old in zip_longest(found, found[1:])
    ]


def listener_names() -> dict[int, str]:
    return dict(Listener.objects.values_list("id", "name"))


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], listeners: Mapping[int, str]
) -> list[Difference]:
    """The settings that differ, in words; those of the mapping key by key."""
    found = []
    for name in FIELDS:
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if name == "mapping":
            found += _of_mapping(before or {}, after or {})
        else:
            words = [_in_words(name, value, listeners) for value in (before, after)]
            found.append(Difference(name, label_of(name), *words))
    return found


def _of_mapping(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    labels = {**KEYS, CODE_SET: "Modality code set"}
    return [
        Difference(f"mapping.{key}", label, _paths(old.get(key)), _paths(new.get(key)))
        for key, label in labels.items()
        if old.get(key) != new.get(key)
    ]


def _paths(value: Any) -> str:
    if isinstance(value, str):
        return CODE_SETS.get(value, value)
    return ", else ".join(value) if value else "as the profile"


def label_of(name: str) -> str:
    field = Peer._meta.get_field(name)
    assert isinstance(field, models.Field)
    text = str(LABELS.get(name, field.verbose_name))
    return text[:1].upper() + text[1:]


def _in_words(name: str, value: Any, listeners: Mapping[int, str]) -> str:
    if name == "listener" and value is not None:
        return listeners.get(value, f"Listener {value}")
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(value) or NOTHING
    field = Peer._meta.get_field(name)
    choices = dict(field.flatchoices) if isinstance(field, models.Field) else {}
    return NOTHING if value in (None, "") else str(choices.get(value, value))


@transaction.atomic
def roll_back(
    *, peer_id: int, to: int, revision: int, by: User, reason: str = ""
) -> Peer:
    """A new revision with the values of an old one; the history only grows."""
    target = PeerRevision.objects.get(peer_id=peer_id, number=to)
    known = {name: target.values[name] for name in FIELDS if name in target.values}
    return change_peer(
        peer_id=peer_id,
        values=known,
        revision=revision,
        by=by,
        reason=reason or f"Rolled back to revision {to}",
    )


def rebased(*, current: Peer, mine: Peer, seen: int) -> Peer:
    """The current settings with what I changed since revision `seen` put on them."""
    base = PeerRevision.objects.filter(peer=current, number=seen).first()
    known = base.values if base else {}
    merged = copy(current)
    for name in FIELDS:
        if mine.serializable_value(name) != known.get(name):
            setattr(merged, name, getattr(mine, name))
    return merged
