"""Receiving: check, commit, then answer. Several messages share one commit.

The answer is stored with the row, so a repeated message gets the very same bytes.
No row, no positive answer: a database that refuses is told to the sender as AR 207,
"try again later".
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from radflow.hl7.acks import HL7Error, build_ack
from radflow.hl7.header import Header, peek
from radflow.live.models import LiveEvent
from radflow.live.wake import wake
from radflow.messaging import nudge
from radflow.messaging.checks import Verdict, examine, is_acknowledgement
from radflow.messaging.models import InboundMessage, InboundState, Peer
from radflow.messaging.text import storable

logger = logging.getLogger(__name__)

PEER_SECONDS = 2.0  # how old the list of peers may be
_AWAY = (OperationalError, InterfaceError)
_LINES = re.compile(rb"[\r\n]")
_numbers = itertools.count(time.time_ns() // 1000)


@dataclass(frozen=True)
class Received:
    """One payload as it came off the wire."""

    raw: bytes
    remote_address: str


class Intake:
    """Takes batches; owned by one thread, which owns the database connection."""

    def __init__(self) -> None:
        self._peers: list[Peer] = []
        self._peers_read = 0.0

    def receive(self, batch: list[Received]) -> list[bytes | None]:
        """Commit the batch and give the answers, in order; None answers an ACK."""
        try:
            answers = self._commit_or_retry(batch)
        except DatabaseError as error:
            connection.close()
            if len(batch) > 1 and not isinstance(error, _AWAY):
                # The row that it refuses must not spoil its neighbours.
                return [self.receive([one])[0] for one in batch]
            logger.error("inbox not written: %s", type(error).__name__)
            return [_try_later(one.raw) for one in batch]
        nudge.now(nudge.DRAIN)
        wake()
        return answers

    def _commit_or_retry(self, batch: list[Received]) -> list[bytes | None]:
        """Two listeners may get one message at once: the second looks again."""
        try:
            return self._commit(batch)
        except IntegrityError:
            return self._commit(batch)

    def _commit(self, batch: list[Received]) -> list[bytes | None]:
        peers = self._known_peers()
        rows = [_row(one, examine(one.raw, peers)) for one in batch]
        with transaction.atomic():
            _store(rows)
        return [bytes(row.ack_raw) or None for row in rows]

    def _known_peers(self) -> list[Peer]:
        if time.monotonic() - self._peers_read > PEER_SECONDS:
            self._peers = list(Peer.objects.all())
            self._peers_read = time.monotonic()
        return self._peers


def refuse_too_large(head: bytes) -> bytes:
    """The answer to a block over the limit; its bytes are not kept."""
    error = HL7Error("102", "The message is larger than accepted here.", ack="AR")
    return _answer(head, "AR", error)


def _try_later(raw: bytes) -> bytes | None:
    header = peek(raw)
    if header and is_acknowledgement(header.message_type):
        return None
    error = HL7Error("207", "Not stored. Send it again later.", ack="AR")
    return _answer(raw, "AR", error)


def _answer(raw: bytes, code: str, error: HL7Error | None = None) -> bytes:
    return build_ack(
        raw,
        code,
        control_id=f"RA{next(_numbers)}"[-20:],
        now=datetime.now(UTC),
        error=error,
        sender=(settings.HL7_APPLICATION, settings.HL7_FACILITY),
    )


def _row(one: Received, verdict: Verdict) -> InboundMessage:
    header = peek(one.raw)
    error = verdict.error
    code = _ack_code(header, error)
    row = InboundMessage(
        peer=verdict.peer,
        remote_address=one.remote_address,
        raw=one.raw,
        body_hash=body_hash(one.raw, header),
        state=InboundState.REJECTED if error else InboundState.RECEIVED,
        ack_code=code,
        ack_raw=b"" if verdict.is_ack else _answer(one.raw, code, error),
        warnings=[storable(text, 200) for text in verdict.warnings],
        keys=[storable(key, 200) for key in verdict.keys],
        **_header_values(verdict),
    )
    if error:
        row.error_code, row.error_location = error.code, error.location[:60]
        row.error_text = storable(error.text, 300)
    if verdict.is_ack:
        _park_acknowledgement(row)
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


def _park_acknowledgement(row: InboundMessage) -> None:
    row.state = InboundState.PARKED
    row.ack_code = ""
    row.error_text = (
        "An acknowledgement came as a message of its own, and nothing waits for it. "
        "Its sender should answer on the connection that the message came on."
    )


def _ack_code(header: Header | None, error: HL7Error | None) -> str:
    """In enhanced mode (MSH-15 or 16 valued) the accept acknowledgement: CA, CE, CR."""
    code = error.ack if error else "AA"
    enhanced = header is not None and (header.field(15) or header.field(16))
    return f"C{code[1]}" if enhanced else code


def body_hash(raw: bytes, header: Header | None) -> bytes:
    """SHA-256 of MSH-9 and everything after MSH: engines rewrite MSH-7 on resend."""
    end = _LINES.search(raw)
    body = raw[end.start() :].strip(b"\r\n") if end else b""
    kind = header.field(9).encode("latin-1", "replace") if header else b""
    return hashlib.sha256(kind + b"\r" + (body if header else raw)).digest()


def _store(rows: list[InboundMessage]) -> None:
    """Repeated ones become duplicates with the stored answer; all rows are written."""
    keys = [_identity(row) for row in rows if row.control_id]
    originals = _originals(keys)
    fresh: list[InboundMessage] = []
    for row in rows:
        counts = row.control_id and row.state != InboundState.REJECTED
        original = originals.get(_identity(row)) if counts else None
        if original is not None:
            _repeat(row, original)
        elif counts:
            originals[_identity(row)] = row
            row.control_id_reused = any(
                key[:3] == _identity(row)[:3] and key != _identity(row)
                for key in originals
            )
        fresh.append(row)
    _insert(fresh)


Identity = tuple[str, str, str, bytes]


def _identity(row: InboundMessage) -> Identity:
    return (
        row.sending_application,
        row.sending_facility,
        row.control_id,
        bytes(row.body_hash),
    )


def _originals(keys: list[Identity]) -> dict[Identity, InboundMessage]:
    """What we have under these control IDs, rejected ones and repeats left out."""
    if not keys:
        return {}
    found = InboundMessage.objects.filter(
        control_id__in={key[2] for key in keys}, duplicate_of=None
    ).exclude(state=InboundState.REJECTED)
    columns = ("sending_application", "sending_facility", "control_id", "body_hash")
    return {_identity(row): row for row in found.only(*columns, "ack_raw", "ack_code")}


def _repeat(row: InboundMessage, original: InboundMessage) -> None:
    row.state = InboundState.DUPLICATE
    row.ack_raw, row.ack_code = original.ack_raw, original.ack_code
    row.duplicate_of = original


def _insert(rows: list[InboundMessage]) -> None:
    """Originals first: a repeat in the same batch points to its row."""
    first = [row for row in rows if row.duplicate_of is None]
    InboundMessage.objects.bulk_create(first)
    for row in rows:
        if row.duplicate_of is not None:
            row.duplicate_of_id = row.duplicate_of.pk
    InboundMessage.objects.bulk_create([row for row in rows if row not in first])
    LiveEvent.objects.bulk_create(
        LiveEvent(topic="message", object_id=row.pk) for row in rows
    )
