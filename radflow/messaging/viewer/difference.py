"""What differs, field by field, from an earlier message about the same thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from radflow.hl7.message import Message, Segment
from radflow.messaging.models import InboundMessage, OutboundMessage
from radflow.messaging.viewer.masking import Mask, blotted

ADDED, CHANGED, REMOVED = "add", "chg", "del"
_VOLATILE = {("MSH", 7), ("MSH", 10)}


@dataclass(frozen=True)
class FieldChange:
    """`path` as `OBR[2]-4` where there are several of the segment."""

    kind: str
    path: str
    before: str
    after: str


def earlier_message(
    message: InboundMessage | OutboundMessage,
) -> InboundMessage | OutboundMessage | None:
    """The original of an edited one, else the latest before it of the same order."""
    if isinstance(message, OutboundMessage):
        same = OutboundMessage.objects.filter(
            peer=message.peer_id, key=message.key, message_type=message.message_type
        )
        return same.filter(pk__lt=message.pk).order_by("-id").first()
    if message.edited_from is not None:
        return message.edited_from
    before = InboundMessage.objects.filter(pk__lt=message.pk).order_by("-id")
    if message.control_id:
        repeat = before.filter(control_id=message.control_id).first()
        if repeat is not None:
            return repeat
    orders = [key for key in message.keys if key.startswith("O:")]
    return before.filter(keys__overlap=orders).first() if orders else None


def difference(before: Message, after: Message, mask: Mask) -> list[FieldChange]:
    """Segments are matched by name and place among their like."""
    old, new = _placed(before), _placed(after)
    return [
        change
        for place in {**old, **new}
        for change in _changes(place, old.get(place), new.get(place), mask)
    ]


def _placed(message: Message) -> dict[tuple[str, int], Segment]:
    seen: Counter[str] = Counter()
    found = {}
    for segment in message.segments:
        seen[segment.name] += 1
        found[segment.name, seen[segment.name]] = segment
    return found


def _changes(
    place: tuple[str, int], old: Segment | None, new: Segment | None, mask: Mask
) -> Iterator[FieldChange]:
    name, occurrence = place
    label = name if occurrence == 1 else f"{name}[{occurrence}]"
    counts = [one.field_count for one in (old, new) if one is not None]
    for number in range(1, max(counts) + 1):
        before = old.raw_field(number) if old else ""
        after = new.raw_field(number) if new else ""
        if before == after or (name, number) in _VOLATILE:
            continue
        kind = CHANGED if before and after else ADDED if after else REMOVED
        if mask.hides(name, number):
            before, after = blotted(before), blotted(after)
        yield FieldChange(kind, f"{label}-{number}", before, after)
