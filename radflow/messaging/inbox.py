"""The inbox table as the listener writes it: few statements, however many messages.

Plain SQL: building model queries costs more than all checks of a message together.
Each insert is one statement, so it is its own transaction: committed when it returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg import Cursor

from radflow.messaging.models import InboundMessage

Identity = tuple[str, str, str, bytes]
# Number, stored answer, its code, and whether the sender still waits for it.
Answer = tuple[int, bytes, str, bool]

# What is held under these control IDs, rejected ones and repeats left out.
_ORIGINALS = """
SELECT sending_application, sending_facility, control_id, body_hash, id, ack_raw,
       ack_code, state = 'received' AND result_due_at IS NOT NULL
FROM messaging_inbound
WHERE control_id = ANY(%b) AND duplicate_of_id IS NULL AND state <> 'rejected'
"""
_COLUMNS = {
    "peer_id": "bigint",
    "remote_address": "text",
    "raw": "bytea",
    "body_hash": "bytea",
    "control_id": "text",
    "message_type": "text",
    "sending_application": "text",
    "sending_facility": "text",
    "version": "text",
    "state": "text",
    "duplicate_of_id": "bigint",
    "envelope_id": "bigint",
    "peer_revision": "integer",
    "result_due_at": "timestamptz",
    "control_id_reused": "boolean",
    "ack_code": "text",
    "ack_raw": "bytea",
    "error_code": "text",
    "error_location": "text",
    "error_text": "text",
    "warnings": "text",
    "keys": "text",
}
_ARRAYS = ("warnings", "keys")
_NAMES = ", ".join(_COLUMNS)
_VALUES = ", ".join(f"{n}::varchar[]" if n in _ARRAYS else n for n in _COLUMNS)
_GIVEN = ", ".join(f"%b::{kind}[]" for kind in _COLUMNS.values())
# The hint to the browsers goes with the row, in one statement.
_TELL = """
INSERT INTO live_event (topic, object_id, version)
SELECT 'message', id, 0 FROM added ORDER BY id
"""
_ADD = f"""
INSERT INTO messaging_inbound ({_NAMES}, attempts, order_ids)
SELECT {_VALUES}, 0, '{{}}'
FROM unnest({_GIVEN}) WITH ORDINALITY AS given ({_NAMES}, position)
"""
_INSERT = f"""
WITH added AS ({_ADD} ORDER BY position RETURNING id), told AS ({_TELL})
SELECT id FROM added ORDER BY id
"""
# The usual case in one trip: nothing came before under any of these control IDs.
_INSERT_NEW = f"""
WITH known AS (
  SELECT FROM messaging_inbound
  WHERE control_id = ANY(%b) AND duplicate_of_id IS NULL AND state <> 'rejected'
), added AS ({_ADD} WHERE NOT EXISTS (SELECT FROM known) ORDER BY position
  RETURNING id
), told AS ({_TELL})
SELECT id FROM added ORDER BY id
"""
# The order numbers as array literals: unnest takes no arrays of arrays.
_MARK_APPLIED = """
UPDATE messaging_inbound AS row
SET state = 'applied', error_code = '', error_location = '', error_text = '',
    applied_at = given.applied_at, order_ids = given.order_ids::bigint[],
    warnings = given.warnings::varchar[], ack_code = given.ack_code,
    ack_raw = given.ack_raw
FROM unnest(%b::bigint[], %b::timestamptz[], %b::text[], %b::text[], %b::text[],
            %b::bytea[])
     AS given (id, applied_at, order_ids, warnings, ack_code, ack_raw)
WHERE row.id = given.id
RETURNING row.id
"""


def identity(row: InboundMessage) -> Identity:
    """What makes a message the same one (standards.md section 5.4)."""
    return (
        row.sending_application,
        row.sending_facility,
        row.control_id,
        bytes(row.body_hash),
    )


def originals(control_ids: Sequence[str]) -> dict[Identity, Answer]:
    """Number and stored answer of what came before under these control IDs."""
    if not control_ids:
        return {}
    found = _execute(_ORIGINALS, [list(control_ids)])
    return {
        (*names, bytes(digest)): (pk, bytes(raw), code, awaited)
        for *names, digest, pk, raw, code, awaited in found
    }


def insert(rows: Sequence[InboundMessage]) -> None:
    """Write these rows with their hints; they get their numbers, in their order."""
    _number(rows, _execute(_INSERT, _columns(rows)))


def insert_new(rows: Sequence[InboundMessage]) -> bool:
    """As `insert`; writes nothing where any of their control IDs is known here."""
    control_ids = [row.control_id for row in rows if row.control_id]
    found = _execute(_INSERT_NEW, [control_ids, *_columns(rows)])
    if found:
        _number(rows, found)
    return bool(found)


def _columns(rows: Sequence[InboundMessage]) -> list[list[object]]:
    return [[_value(row, name) for row in rows] for name in _COLUMNS]


def _number(rows: Sequence[InboundMessage], found: list[tuple[Any, ...]]) -> None:
    for row, (pk,) in zip(rows, found, strict=True):
        row.pk = pk


def mark_applied(rows: Sequence[InboundMessage]) -> None:
    """What became of these rows, which the caller holds locked."""
    columns: list[list[object]] = [
        [row.pk for row in rows],
        [row.applied_at for row in rows],
        [_literal([str(pk) for pk in row.order_ids]) for row in rows],
        [_literal(row.warnings) for row in rows],
        [row.ack_code for row in rows],
        [bytes(row.ack_raw) for row in rows],
    ]
    if rows:
        _execute(_MARK_APPLIED, columns)


def _execute(sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    """With the bytes as they are: Django's cursor would write them into the SQL."""
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        return cursor.execute(sql, values).fetchall()


def _value(row: InboundMessage, name: str) -> object:
    value = getattr(row, name)
    return _literal(value) if name in _ARRAYS else value


def _literal(texts: Sequence[str]) -> str:
    """A PostgreSQL array literal: unnest takes no arrays of arrays."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"
