"""A message as segments and named fields, for the viewer."""

from __future__ import annotations

from dataclasses import dataclass

from radflow.hl7 import dictionary
from radflow.hl7.errors import HL7Error
from radflow.hl7.message import Message, Segment


@dataclass(frozen=True)
class FieldView:
    """`path` as in `PID-5`; `parts` are components where there are several."""

    path: str
    name: str
    value: str
    parts: tuple[str, ...]
    faulty: bool


@dataclass(frozen=True)
class SegmentView:
    name: str
    title: str
    text: str
    fields: tuple[FieldView, ...]


def tree_of(raw: bytes, error_location: str) -> list[SegmentView]:
    """Segments in their order; a message that cannot be read has none."""
    try:
        message = Message.parse(raw)
    except HL7Error:
        return []
    fault = "-".join(error_location.split("^")[:3:2])
    return [_segment(one, message.version, fault) for one in message.segments]


def _segment(segment: Segment, version: str, fault: str) -> SegmentView:
    fields = [
        _field(segment, number, version, fault)
        for number in range(1, segment.field_count + 1)
        if segment.raw_field(number) or f"{segment.name}-{number}" == fault
    ]
    title = dictionary.segment_name(segment.name, version)
    if segment.name == "":
        title = "Not a segment"
    elif segment.name.startswith("Z") and not title:
        title = "Local segment"
    return SegmentView(segment.name, title, segment.text, tuple(fields))


def _field(segment: Segment, number: int, version: str, fault: str) -> FieldView:
    path = f"{segment.name}-{number}"
    found = segment.repetitions(number)
    value = " ~ ".join(one.text() for one in found)
    parts = found[0].components() if len(found) == 1 else []
    named = (f".{i}  {part}" for i, part in enumerate(parts, 1) if part)
    return FieldView(
        path=path,
        name=dictionary.field_name(segment.name, number, version),
        value=value,
        parts=tuple(named) if len(parts) > 1 else (),
        faulty=path == fault,
    )
