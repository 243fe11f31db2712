"""What one tab of the viewer shows of a message, masked unless revealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DataError, transaction
from django.utils.translation import gettext as _

from radflow.hl7.conformance import Finding
from radflow.hl7.errors import HL7Error
from radflow.hl7.message import Message
from radflow.messaging.conformance import findings_of
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import InboundMessage, OutboundMessage, Peer
from radflow.messaging.routes import Inbound, PersonalLabel, handler_for
from radflow.messaging.selectors import MessageRow, readable
from radflow.messaging.viewer.difference import difference, earlier_message
from radflow.messaging.viewer.masking import HIDDEN, Mask, Revealed, mask_for
from radflow.messaging.viewer.tree import SegmentView, tree_of

AnyMessage = InboundMessage | OutboundMessage


@dataclass(frozen=True)
class Step:
    """One line of the history."""

    at: datetime
    text: str
    reference: str = ""


def content_of(
    message: AnyMessage, row: MessageRow, tab: str, *, is_revealed: bool
) -> dict[str, Any]:
    raw = bytes(message.raw)
    parsed = read(raw, message.peer)
    mask = _mask(parsed, is_revealed)
    if tab in ("tree", "raw"):
        return segments_of(raw, parsed, mask, message.peer, row.error_location)
    if tab == "ack":
        answer = bytes(message.ack_raw)
        read_answer = read(answer, message.peer)
        hidden = _mask(read_answer, is_revealed)
        return segments_of(answer, read_answer, hidden, message.peer, "")
    if tab == "mapped":
        return {"mapped": _mapped(message, parsed, is_revealed=is_revealed)}
    if tab == "history":
        return {"steps": _steps(message), "notes": _notes(message)}
    if tab == "conformance":
        return {"findings": _findings(message)}
    return _differences(message, parsed, is_revealed=is_revealed)


def read(raw: bytes, peer: Peer | None) -> Message | None:
    """As its peer writes; None for what is no message."""
    try:
        if peer is None:
            return Message.parse(raw)
        return Message.parse(
            raw,
            fallback_charset=peer.fallback_charset,
            utf8_under_label=peer.utf8_under_label,
        )
    except HL7Error:
        return None


def receiver_of(message: AnyMessage) -> str:
    """MSH-5 and MSH-6: whom the message itself names."""
    parsed = read(bytes(message.raw), message.peer)
    if parsed is None:
        return ""
    return f"{parsed.value('MSH-5')} {parsed.value('MSH-6')}".strip()


def _mask(message: Message | None, is_revealed: bool) -> Mask:
    if is_revealed:
        return Revealed()
    return mask_for(message.segments) if message else Mask()


def segments_of(
    raw: bytes, message: Message | None, mask: Mask, peer: Peer | None, fault: str
) -> dict[str, Any]:
    """Segments; where there are none the bytes as text, hidden unless revealed."""
    tree: list[SegmentView] = []
    if message is not None:
        tree = tree_of(message, mask, peer=peer, fault=fault)
    is_text = bool(raw) and message is None
    text = readable(raw) if is_text and isinstance(mask, Revealed) else ""
    return {
        "tree": tree,
        "raw": text or (HIDDEN if is_text else ""),
        "version": message.version if message else "",
        "cut": len(message.segments) - len(tree) if message else 0,
    }


def _mapped(
    message: AnyMessage, parsed: Message | None, *, is_revealed: bool
) -> dict[str, Any]:
    """What it is read as today, by label; nothing is written."""
    if not isinstance(message, InboundMessage) or not parsed or not message.peer:
        return {"why": _("Only a readable message of a known sender is mapped.")}
    try:
        describe = handler_for(message.message_type).describe
        if describe is None:
            return {"why": _("Messages of this type change no order or patient.")}
        with transaction.atomic():
            said = describe(Inbound(message, parsed, message.peer))
    except (Parked, HL7Error) as error:
        return {"why": _("It would be parked: %(why)s") % {"why": _(error.text)}}
    except DataError:
        return {"why": _("It would be parked: it holds what cannot be kept.")}
    return {"values": [_value(*one, is_revealed) for one in said.items()]}


def _value(label: str, value: str, is_revealed: bool) -> tuple[str, str]:
    is_hidden = isinstance(label, PersonalLabel) and not is_revealed
    return label, HIDDEN if is_hidden and value else value


def _steps(message: AnyMessage) -> list[Step]:
    steps = _came(message) if isinstance(message, InboundMessage) else _went(message)
    return sorted(steps, key=lambda step: step.at)


def _came(message: InboundMessage) -> list[Step]:
    answer = {"answer": message.ack_code or _("nothing")}
    said = _("Received and kept, answered %(answer)s") % answer
    steps = [Step(message.received_at, said)]
    if message.applied_at:
        steps.append(Step(message.applied_at, _("Applied")))
    if message.parked_at:
        steps.append(Step(message.parked_at, _("Parked: kept and not applied")))
    for repeat in message.duplicates.order_by("id")[:50]:
        steps.append(
            Step(repeat.received_at, _("Came again, same answer"), f"in-{repeat.pk}")
        )
    for edit in message.edits.order_by("id")[:50]:
        steps.append(
            Step(edit.received_at, _("Replayed with changes as"), f"in-{edit.pk}")
        )
    return steps


def _went(message: OutboundMessage) -> list[Step]:
    steps = [Step(message.created_at, _("Queued"))]
    for number, attempt in enumerate(message.tries.all()[:200], 1):
        what = {"number": number, "outcome": _(attempt.outcome)}
        said = _("Attempt %(number)s: %(outcome)s") % what
        steps.append(Step(attempt.started_at, said))
    if message.acknowledged_at:
        steps.append(Step(message.acknowledged_at, _("Acknowledged by the receiver")))
    return steps


def _notes(message: AnyMessage) -> list[Any]:
    return list(message.notes.select_related("by")[:200])


def _findings(message: AnyMessage) -> list[Finding] | None:
    """Ours are not checked: None."""
    return findings_of(message) if isinstance(message, InboundMessage) else None


def _differences(
    message: AnyMessage, parsed: Message | None, *, is_revealed: bool
) -> dict[str, Any]:
    other = earlier_message(message)
    before = read(bytes(other.raw), other.peer) if other else None
    if other is None or parsed is None or before is None:
        return {"other": None, "changes": []}
    mask = _mask(parsed, is_revealed)
    direction = "in" if isinstance(other, InboundMessage) else "out"
    changes = difference(before, parsed, mask)
    return {"other": f"{direction}-{other.pk}", "changes": changes}
