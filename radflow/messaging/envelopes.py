"""Batches: the envelope is kept whole, each of its messages is a row of its own.

All of a batch is committed together, and answered at receipt, as one batch of
acknowledgements (HL7 section 2.10.3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from radflow.hl7.batch import Batch, build_batch_reply, read_batch
from radflow.hl7.errors import HL7Error
from radflow.messaging import inbox
from radflow.messaging.arrivals import Received, answer, store
from radflow.messaging.models import InboundMessage, InboundState
from radflow.messaging.replies import new_control_id
from radflow.messaging.text import storable

RowsOf = Callable[[list[Received]], list[InboundMessage]]


def is_batch(raw: bytes) -> bool:
    return raw.lstrip(b"\xef\xbb\xbf\r\n")[:3] in (b"FHS", b"BHS")


def receive(one: Received, rows_of: RowsOf) -> bytes:
    """Commit it and answer; a batch whose counts are wrong is refused as a whole."""
    try:
        batch = read_batch(one.raw)
        if batch is None:
            raise HL7Error("100", gettext_noop("The batch cannot be read."), "BHS^1")
    except HL7Error as error:
        return _refuse(one, error)
    return _take(one, batch, rows_of)


def _refuse(one: Received, error: HL7Error) -> bytes:
    envelope = _envelope(one, "")
    answer(envelope, None, error)
    inbox.insert([envelope])
    return bytes(envelope.ack_raw)


@transaction.atomic
def _take(one: Received, batch: Batch, rows_of: RowsOf) -> bytes:
    envelope = _envelope(one, batch.control_id)
    envelope.state = InboundState.APPLIED
    store([envelope])
    rows = rows_of([replace(one, raw=raw) for raw in batch.messages])
    for row in rows:
        row.envelope_id = envelope.pk
        if row.result_due_at is not None:
            row.result_due_at = None
            answer(row, None, None)
    store(rows)
    return _answer(envelope, batch, rows)


def _envelope(one: Received, control_id: str) -> InboundMessage:
    return InboundMessage(
        remote_address=one.remote_address,
        raw=one.raw,
        body_hash=hashlib.sha256(one.raw).digest(),
        control_id=storable(control_id, 199),
        message_type=one.raw.lstrip(b"\xef\xbb\xbf\r\n")[:3].decode("ascii"),
    )


def _answer(
    envelope: InboundMessage, batch: Batch, rows: list[InboundMessage]
) -> bytes:
    reply = build_batch_reply(
        batch,
        [bytes(row.ack_raw) for row in rows],
        control_id=new_control_id(),
        now=datetime.now(UTC),
        sender=(settings.HL7_APPLICATION, settings.HL7_FACILITY),
    )
    kept = InboundMessage.objects.filter(pk=envelope.pk)
    kept.update(ack_raw=reply, ack_code="AA")
    return reply
