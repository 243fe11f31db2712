"""Messages as rows of the inbox: judged, answered, repeated ones found."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_noop

from radflow.hl7.errors import HL7Error
from radflow.hl7.header import Header, peek
from radflow.messaging import inbox
from radflow.messaging.checks import Origin, Verdict
from radflow.messaging.inbox import Answer, Identity, identity
from radflow.messaging.models import InboundMessage, InboundState, ReplyAt, ReusedId
from radflow.messaging.replies import (
    accept_code,
    asks_for_result,
    reply,
    reply_code,
)
from radflow.messaging.text import storable

_LINES = re.compile(rb"[\r\n]")


@dataclass(frozen=True)
class Received:
    """One payload as it came off the wire; `certificate` is the sender's, SHA-256."""

    raw: bytes
    remote_address: str
    local_port: int = 0
    certificate: str = ""

    @property
    def origin(self) -> Origin:
        host = self.remote_address.rpartition(":")[0]
        return Origin(host, self.local_port, self.certificate)


@dataclass(frozen=True)
class Pending:
    """Committed; the answer is to state what became of it, if it is known in time."""

    message_id: int
    raw: bytes
    due_at: datetime


Reply = bytes | Pending | None


def reply_of(row: InboundMessage) -> Reply:
    if row.result_due_at is None:
        return bytes(row.ack_raw) or None
    number = row.duplicate_of_id or row.pk
    return Pending(number, bytes(row.raw), row.result_due_at)


def row_of(one: Received, verdict: Verdict) -> InboundMessage:
    header = peek(one.raw)
    row = InboundMessage(
        peer=verdict.peer,
        peer_revision=verdict.peer.revision if verdict.peer else None,
        remote_address=one.remote_address,
        raw=one.raw,
        body_hash=body_hash(one.raw, header),
        warnings=[storable(text, 200) for text in verdict.warnings],
        keys=[storable(key, 200) for key in verdict.keys],
        **_header_values(verdict),
    )
    if verdict.error is None and _waits_for_result(header, verdict):
        _await_result(row)
    else:
        answer(row, header, verdict.error, is_ack=verdict.is_ack)
    return row


def _waits_for_result(header: Header | None, verdict: Verdict) -> bool:
    """On the line; where acceptance is asked, the result is a message of its own."""
    wants = verdict.peer is not None and verdict.peer.reply_at == ReplyAt.RESULT
    return wants and not verdict.is_ack and asks_for_result(header)


def _await_result(row: InboundMessage) -> None:
    assert row.peer is not None
    row.result_due_at = timezone.now() + timedelta(seconds=row.peer.result_seconds)


def answer(
    row: InboundMessage,
    header: Header | None,
    error: HL7Error | None,
    *,
    is_ack: bool = False,
) -> None:
    """The answer at receipt, and with an error the state that goes with it."""
    code = (accept_code if is_ack else reply_code)(header, error)
    raw = bytes(row.raw)
    row.ack_code = code
    row.ack_raw = reply(raw, code, error) if code else b""
    if error:
        row.state = InboundState.REJECTED
        row.error_code, row.error_location = error.code, error.location[:60]
        row.error_text = storable(error.text, 300)


def _header_values(verdict: Verdict) -> dict[str, str]:
    message = verdict.message
    if message is None:
        return {}
    return {
        "control_id": storable(message.control_id, 199),
        "message_type": storable(message.message_type, 20),
        "sending_application": storable(message.sending_application, 227),
        "sending_facility": storable(message.sending_facility, 227),
        "version": storable(message.version, 20),
    }


def body_hash(raw: bytes, header: Header | None) -> bytes:
    """SHA-256 of MSH-9 and everything after MSH: engines rewrite MSH-7 on resend."""
    end = _LINES.search(raw)
    body = raw[end.start() :].strip(b"\r\n") if end else b""
    kind = header.field(9).encode("latin-1", "replace") if header else b""
    return hashlib.sha256(kind + b"\r" + (body if header else raw)).digest()


def store(rows: list[InboundMessage]) -> None:
    """Repeated ones become duplicates with the stored answer; all rows are written."""
    if _are_distinct(rows) and inbox.insert_new(rows):
        return
    known = inbox.originals([row.control_id for row in rows if row.control_id])
    firsts: dict[Identity, InboundMessage] = {}
    repeats: list[tuple[InboundMessage, InboundMessage]] = []
    for row in rows:
        key = identity(row)
        if not row.control_id or row.state == InboundState.REJECTED:
            continue
        if key in known:
            _repeat(row, known[key])
        elif key in firsts:
            repeats.append((row, firsts[key]))
        elif not _reuses(row, key, [*known, *firsts]):
            firsts[key] = row
    _insert(rows, repeats)


def _are_distinct(rows: list[InboundMessage]) -> bool:
    control_ids = [row.control_id for row in rows if row.control_id]
    return len(set(control_ids)) == len(control_ids)


def _reuses(row: InboundMessage, key: Identity, others: list[Identity]) -> bool:
    """Whether it is refused for its control ID, by the sender's profile (5.4).

    Counters restart after a crash: by default it is another message, taken and shown.
    """
    if not any(other[:3] == key[:3] for other in others):
        return False
    row.control_id_reused = True
    row.warnings.append(
        gettext_noop("The control ID was used before, for another message")
    )
    if row.peer is None or row.peer.reused_id == ReusedId.APPLY:
        return False
    text = gettext_noop(
        "This control ID (MSH-10) was used before, for another message."
    )
    row.result_due_at = None
    answer(row, peek(bytes(row.raw)), HL7Error("205", text, "MSH^1^10"))
    return True


def _repeat(row: InboundMessage, original: Answer) -> None:
    """The stored answer again, or the same wait for it."""
    row.state = InboundState.DUPLICATE
    row.duplicate_of_id, row.ack_raw, row.ack_code, awaited = original
    if not awaited:
        row.result_due_at = None


def _insert(
    rows: list[InboundMessage], repeats: list[tuple[InboundMessage, InboundMessage]]
) -> None:
    """Originals first: a repeat within the batch names their number."""
    later = [row for row, _ in repeats]
    inbox.insert([row for row in rows if row not in later])
    for row, first in repeats:
        awaited = first.result_due_at is not None
        _repeat(row, (first.pk, bytes(first.ack_raw), first.ack_code, awaited))
    if later:
        inbox.insert(later)
