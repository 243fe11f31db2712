"""What a peer's settings were, what changed, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from radflow.accounts.models import User
from radflow.messaging.models import Listener, Peer, PeerRevision
from radflow.messaging.models.mapping import CODE_SET, CODE_SETS, KEYS
from radflow.messaging.peers.settings import FIELDS, change_peer

NOTHING = gettext_noop("none")
LABELS: dict[str, str] = {
    "name": gettext_noop("Name"),
    "enabled": gettext_noop("Enabled"),
    "profile": gettext_noop("Profile"),
    "time_zone": gettext_noop("Time zone"),
    "books_appointments": gettext_noop("Books appointments"),
    "marks_arrivals": gettext_noop("Marks arrivals (ADT A04, A10)"),
    "reply_style": gettext_noop("Reply style"),
    "host": gettext_noop("Host"),
    "port": gettext_noop("Port"),
    "sending_application": gettext_noop("Sending application (MSH-3)"),
    "sending_facility": gettext_noop("Sending facility (MSH-4)"),
    "processing_ids": gettext_noop("Processing IDs (MSH-11)"),
    "extra_versions": gettext_noop("Further versions (MSH-12)"),
    "fallback_charset": gettext_noop("Character set where MSH-18 is empty"),
    "utf8_under_label": gettext_noop("Read UTF-8 under an 8859 label"),
    "default_authority": gettext_noop("Default assigning authority"),
    "reply_at": gettext_noop("Answer states"),
    "result_seconds": gettext_noop("Deadline of the result, seconds"),
    "reused_id": gettext_noop("A control ID used again"),
    "enhanced_out": gettext_noop("Ask for enhanced acknowledgement"),
    "version_out": gettext_noop("Version we send"),
    "wants_status": gettext_noop("Send status changes"),
    "wants_results": gettext_noop("Send results"),
    "wants_scheduling": gettext_noop(
        "Send procedures scheduled and changed (RAD-4, RAD-13)"
    ),
    "wants_appointments": gettext_noop("Send appointments (SIU, RAD-48)"),
    "wants_updates": gettext_noop("Send patient updates and merges (RAD-12)"),
    "imaging_message": gettext_noop("Send them as"),
    "upsert": gettext_noop("Make an order of a change that comes first"),
    "merged_id": gettext_noop("A retired patient ID"),
    "drift": gettext_noop("A change of patient data or procedure before the start"),
    "ack_timeout": gettext_noop("Acknowledgement time-out, seconds"),
    "networks": gettext_noop("Allowed addresses"),
    "certificate": gettext_noop("Certificate SHA-256"),
    "allowed_gap": gettext_noop("Allowed silence, minutes"),
    "listener": gettext_noop("Only by listener"),
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
    labels = {
        **{key: _(label) for key, label in KEYS.items()},
        CODE_SET: _("Modality code set"),
    }
    return [
        Difference(f"mapping.{key}", label, _paths(old.get(key)), _paths(new.get(key)))
        for key, label in labels.items()
        if old.get(key) != new.get(key)
    ]


def _paths(value: Any) -> str:
    if isinstance(value, str):
        return _(CODE_SETS[value]) if value in CODE_SETS else value
    return _(", else ").join(value) if value else _("as the profile")


def label_of(name: str) -> str:
    field = Peer._meta.get_field(name)
    assert isinstance(field, models.Field)
    text = _(LABELS[name]) if name in LABELS else str(field.verbose_name)
    return text[:1].upper() + text[1:]


def _in_words(name: str, value: Any, listeners: Mapping[int, str]) -> str:
    if name == "listener" and value is not None:
        return listeners.get(value, _("Listener %(number)s") % {"number": value})
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(value) or _(NOTHING)
    field = Peer._meta.get_field(name)
    choices = dict(field.flatchoices) if isinstance(field, models.Field) else {}
    return _(NOTHING) if value in (None, "") else str(choices.get(value, value))


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
