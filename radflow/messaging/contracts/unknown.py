"""Z segments that no contract describes: flagged once per sender, name and width."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.db import connection, transaction

from radflow.hl7.message import Segment
from radflow.messaging.models import InboundMessage, UnknownSegment

Shape = tuple[str, int]
_WITHOUT = "has no contract in force"
_BEYOND = "says more than its contract"
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


def flag(
    message: InboundMessage, unknown: Iterable[Segment], beyond: Iterable[Segment]
) -> None:
    """After the commit: within it, every message with the same news would wait.

    `beyond` have a contract and say more than it describes.
    """
    found = {_shape(one): _WITHOUT for one in unknown}
    found |= {_shape(one): _BEYOND for one in beyond}
    if found:
        transaction.on_commit(partial(_flag, message, found), robust=True)


def _shape(segment: Segment) -> Shape:
    return segment.name, segment.field_count


def _flag(message: InboundMessage, found: dict[Shape, str]) -> None:
    sender = (message.sending_application, message.sending_facility)
    known = UnknownSegment.objects.filter(
        sending_application=sender[0],
        sending_facility=sender[1],
        segment__in={name for name, _ in found},
    )
    there = set(known.values_list("segment", "field_count"))
    for name, width in sorted(found.keys() - there):
        fields = "1 field" if width == 1 else f"{width} fields"
        text = f"{name} with {fields} {found[name, width]}: kept, not applied"
        row: list[str | int] = [*sender, name, width, message.pk]
        with connection.cursor() as cursor:
            cursor.execute(_FLAG, [*row, text])
