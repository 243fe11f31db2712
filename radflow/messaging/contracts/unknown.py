"""Z segments without a contract: flagged once for each sender, name and width."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.db import connection, transaction

from radflow.hl7.message import Segment
from radflow.messaging.models import InboundMessage, UnknownSegment

Shape = tuple[str, int]
# One statement, so two workers cannot both be the first.
_FLAG = """
WITH flagged AS (
  INSERT INTO messaging_unknown_segment
    (sending_application, sending_facility, segment, field_count, first_message_id)
  VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
  RETURNING first_message_id
)
UPDATE messaging_inbound SET warnings = array_append(warnings, %s)
WHERE id IN (SELECT first_message_id FROM flagged)
"""


def flag(message: InboundMessage, segments: Iterable[Segment]) -> None:
    """After the commit: within it, every message with the same news would wait."""
    shapes = sorted({(one.name, one.field_count) for one in segments})
    if shapes:
        transaction.on_commit(partial(_flag, message, shapes), robust=True)


def _flag(message: InboundMessage, shapes: list[Shape]) -> None:
    sender = (message.sending_application, message.sending_facility)
    known = UnknownSegment.objects.filter(
        sending_application=sender[0],
        sending_facility=sender[1],
        segment__in={name for name, _ in shapes},
    )
    there = set(known.values_list("segment", "field_count"))
    for name, width in (shape for shape in shapes if shape not in there):
        row: list[str | int] = [*sender, name, width, message.pk]
        values = [*row, _warning(name, width)]
        with connection.cursor() as cursor:
            cursor.execute(_FLAG, values)


def _warning(name: str, width: int) -> str:
    fields = "1 field" if width == 1 else f"{width} fields"
    return f"{name} with {fields} has no contract in force: kept, not applied"
