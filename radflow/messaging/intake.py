"""Receiving: check, commit, then answer. Several messages share one commit.

The answer is stored with the row, so a repeated message gets the very same bytes.
No row, no positive answer: a database that refuses is told to the sender as AR 207,
"try again later".
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from dataclasses import dataclass

from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
)

from radflow.hl7.header import Header, peek
from radflow.messaging import inbox, nudge
from radflow.messaging.checks import Verdict, examine
from radflow.messaging.inbox import Answer, Identity, identity
from radflow.messaging.models import InboundMessage, InboundState, Peer
from radflow.messaging.replies import accept_code, reply, reply_code, try_later
from radflow.messaging.text import storable

logger = logging.getLogger(__name__)

PEER_SECONDS = 2.0  # how old the list of peers may be
_AWAY = (OperationalError, InterfaceError)
_LINES = re.compile(rb"[\r\n]")


@dataclass(frozen=True)
class Received:
    """One payload as it came off the wire; `certificate` is the sender's, SHA-256."""

    raw: bytes
    remote_address: str
    local_port: int = 0
    certificate: str = ""


class Intake:
    """Takes batches; owned by one thread, which owns the database connection."""

    def __init__(self) -> None:
        self._peers: list[Peer] = []
        self._peers_read = 0.0

    def receive(self, batch: list[Received]) -> list[bytes | None]:
        """Commit the batch and give the answers, in order; None answers an ACK."""
        try:
            answers = self._commit_or_retry(batch)
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            if len(batch) > 1 and not isinstance(error, _AWAY):
                # The row that it refuses must not spoil its neighbours.
                return [self.receive([one])[0] for one in batch]
            logger.error("inbox not written: %s", type(error).__name__)
            return [try_later(one.raw) for one in batch]
        nudge.now(nudge.DRAIN)
        nudge.now(nudge.BROWSERS)
        return answers

    def _commit_or_retry(self, batch: list[Received]) -> list[bytes | None]:
        """Once more, where looking again helps.

        Two listeners may get one message at once: the second finds the first's row.
        A connection that died is replaced; should the lost commit have succeeded, the
        batch finds its own rows and repeats their answers.
        """
        try:
            return self._commit(batch)
        except IntegrityError:
            return self._commit(batch)
        except _AWAY:
            connection.close()
            return self._commit(batch)

    def _commit(self, batch: list[Received]) -> list[bytes | None]:
        peers = self._known_peers()
        rows = [_row(one, examine(one.raw, peers)) for one in batch]
        _store(rows)
        return [bytes(row.ack_raw) or None for row in rows]

    def _known_peers(self) -> list[Peer]:
        if time.monotonic() - self._peers_read > PEER_SECONDS:
            self._peers = list(Peer.objects.all())
            self._peers_read = time.monotonic()
        return self._peers


def _row(one: Received, verdict: Verdict) -> InboundMessage:
    header = peek(one.raw)
    error = verdict.error
    code = (accept_code if verdict.is_ack else reply_code)(header, error)
    row = InboundMessage(
        peer=verdict.peer,
        remote_address=one.remote_address,
        raw=one.raw,
        body_hash=body_hash(one.raw, header),
        state=InboundState.REJECTED if error else InboundState.RECEIVED,
        ack_code=code,
        ack_raw=reply(one.raw, code, error) if code else b"",
        warnings=[storable(text, 200) for text in verdict.warnings],
        keys=[storable(key, 200) for key in verdict.keys],
        **_header_values(verdict),
    )
    if error:
        row.error_code, row.error_location = error.code, error.location[:60]
        row.error_text = storable(error.text, 300)
    return row


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


def _store(rows: list[InboundMessage]) -> None:
    """Repeated ones become duplicates with the stored answer; all rows are written."""
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
        else:
            _flag_reuse(row, key, [*known, *firsts])
            firsts[key] = row
    _insert(rows, repeats)


def _flag_reuse(row: InboundMessage, key: Identity, others: list[Identity]) -> None:
    """Counters restart after a crash: another message, taken and shown."""
    if any(other[:3] == key[:3] for other in others):
        row.control_id_reused = True
        row.warnings.append("The control ID was used before, for another message")


def _repeat(row: InboundMessage, original: Answer) -> None:
    row.state = InboundState.DUPLICATE
    row.duplicate_of_id, row.ack_raw, row.ack_code = original


def _insert(
    rows: list[InboundMessage], repeats: list[tuple[InboundMessage, InboundMessage]]
) -> None:
    """Originals first: a repeat within the batch names their number."""
    later = [row for row, _ in repeats]
    inbox.insert([row for row in rows if row not in later])
    for row, first in repeats:
        _repeat(row, (first.pk, bytes(first.ack_raw), first.ack_code))
    if later:
        inbox.insert(later)
