"""What the last messages of a sender would become under other settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DataError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from radflow.hl7.errors import HL7Error
from radflow.hl7.message import Message
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import InboundMessage, InboundState, Peer
from radflow.messaging.routes import Inbound, PersonalLabel, handler_for

MOST = 200
SECONDS = 2.0
OUTCOME = gettext_noop("Outcome")
READABLE = gettext_noop("Accepted")
# Why the settings refuse the bytes at the door; empty where they take them.
Refusal = Callable[[bytes, Peer], str]


@dataclass(frozen=True)
class Change:
    """One value that would be read otherwise."""

    label: str
    old: str
    new: str

    @property
    def is_personal(self) -> bool:
        return isinstance(self.label, PersonalLabel)


@dataclass(frozen=True)
class TriedMessage:
    """A message with what would differ."""

    id: int
    control_id: str
    message_type: str
    received_at: datetime
    changes: list[Change]


@dataclass
class Trial:
    """`tried` of the `found` last messages, those that would differ in `messages`."""

    found: int
    tried: int = 0
    messages: list[TriedMessage] = field(default_factory=list)

    @property
    def is_cut_short(self) -> bool:
        return self.tried < self.found


def try_settings(
    *,
    current: Peer,
    proposed: Peer,
    last: int,
    refusal: Refusal,
    seconds: float = SECONDS,
) -> Trial:
    """Read the last messages both ways; nothing is applied and nothing written."""
    end = time.monotonic() + seconds
    rows = _last_messages(current, min(last, MOST))
    trial = Trial(found=len(rows))
    for row in rows:
        if time.monotonic() > end:
            break
        trial.tried += 1
        old, new = (_read(row, peer, refusal) for peer in (current, proposed))
        if changes := list(_changes(old, new)):
            trial.messages.append(_tried(row, changes))
    return trial


def _last_messages(peer: Peer, count: int) -> list[InboundMessage]:
    found = InboundMessage.objects.filter(peer_id=peer.pk).exclude(message_type="")
    found = found.exclude(state=InboundState.DUPLICATE)
    found = found.exclude(message_type__startswith="ACK")
    return list(found.order_by("-id")[:count])


def _tried(row: InboundMessage, changes: list[Change]) -> TriedMessage:
    return TriedMessage(
        row.pk, row.control_id, row.message_type, row.received_at, changes
    )


def _read(row: InboundMessage, peer: Peer, refusal: Refusal) -> dict[str, str]:
    """What it is read as by label; the outcome alone where it is not read at all."""
    raw = bytes(row.raw)
    if why := refusal(raw, peer):
        return {OUTCOME: why}
    try:
        with transaction.atomic():
            return {OUTCOME: _(READABLE), **_described(row, raw, peer)}
    except (Parked, HL7Error) as error:
        return {OUTCOME: _("Parked: %(why)s") % {"why": _(error.text)}}
    except DataError:
        return {OUTCOME: _("Parked: it holds what cannot be kept.")}


def _described(row: InboundMessage, raw: bytes, peer: Peer) -> dict[str, str]:
    message = Message.parse(
        raw,
        fallback_charset=peer.fallback_charset,
        utf8_under_label=peer.utf8_under_label,
    )
    describe = handler_for(row.message_type).describe
    return describe(Inbound(row, message, peer)) if describe else {}


def _changes(old: dict[str, str], new: dict[str, str]) -> Iterable[Change]:
    """Where one side is not read at all, the outcome says everything."""
    if old[OUTCOME] != new[OUTCOME]:
        yield Change(OUTCOME, old[OUTCOME], new[OUTCOME])
        return
    for label in {**old, **new}:
        before, after = old.get(label, ""), new.get(label, "")
        if before != after:
            yield Change(label, before, after)
