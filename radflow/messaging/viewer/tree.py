"""A message as segments and explained fields, patient data masked."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from radflow.hl7 import dictionary
from radflow.hl7.message import Message, Segment
from radflow.messaging.models import Peer
from radflow.messaging.viewer.masking import HIDDEN, Mask
from radflow.messaging.viewer.targets import target_of

MOST_SEGMENTS = 400
_TOLD_FIRST = ("PID", "ORC", "OBR")


@dataclass(frozen=True)
class PartView:
    """A component: `path` as `.1`."""

    path: str
    name: str
    value: str


@dataclass(frozen=True)
class FieldView:
    """`path` as in `PID-5`; `meaning` is of its table, `target` where it goes."""

    path: str
    name: str
    datatype: str
    value: str
    meaning: str
    target: str
    parts: tuple[PartView, ...]
    is_faulty: bool
    is_hidden: bool


@dataclass(frozen=True)
class SegmentView:
    """`line` is what the raw view shows; `note` says how much of it is filled."""

    number: int
    name: str
    title: str
    line: str
    note: str
    fields: tuple[FieldView, ...]
    is_faulty: bool

    @property
    def is_open(self) -> bool:
        """Shown with its fields at first: who, what, and where the fault is."""
        return self.is_faulty or self.name in _TOLD_FIRST


def tree_of(
    message: Message, mask: Mask, *, peer: Peer | None = None, fault: str = ""
) -> list[SegmentView]:
    """Segments in their order; `fault` is an error location such as `OBR^1^4`."""
    at = "-".join(fault.split("^")[:3:2])
    reader = _Reader(message.version, mask, peer, at)
    return [reader.segment(one) for one in message.segments[:MOST_SEGMENTS]]


@dataclass(frozen=True)
class _Reader:
    version: str
    mask: Mask
    peer: Peer | None
    fault: str

    def segment(self, segment: Segment) -> SegmentView:
        present = [
            number
            for number in range(1, segment.field_count + 1)
            if segment.raw_field(number)
        ]
        numbers = sorted({*present, *self._missing(segment)})
        fields = tuple(self._field(segment, number) for number in numbers)
        title = dictionary.segment_name(segment.name, self.version)
        return SegmentView(
            number=segment.index + 1,
            name=segment.name,
            title=title or (_("Segment") if segment.name else _("Not a segment")),
            line=self.mask.line(segment),
            note=_("%(present)s of %(all)s fields present")
            % {"present": len(present), "all": max(segment.field_count, 0)},
            fields=fields if segment.name else (),
            is_faulty=any(field.is_faulty for field in fields),
        )

    def _missing(self, segment: Segment) -> list[int]:
        """A field that is wrong because it is not there is listed all the same."""
        name, _, number = self.fault.partition("-")
        return [int(number)] if name == segment.name and number.isdigit() else []

    def _field(self, segment: Segment, number: int) -> FieldView:
        path = f"{segment.name}-{number}"
        found = segment.repetitions(number)
        is_hidden = bool(found) and self.mask.hides(segment.name, number)
        kind = dictionary.field_type(segment.name, number, self.version)
        return FieldView(
            path=path,
            name=dictionary.field_name(segment.name, number, self.version),
            datatype=segment.value(2) if kind == "varies" else kind,
            value=HIDDEN if is_hidden else " ~ ".join(one.text() for one in found),
            meaning="" if is_hidden else self._meaning(segment, number),
            target=target_of(path, self.peer),
            parts=self._parts(segment, number, is_hidden),
            is_faulty=path == self.fault,
            is_hidden=is_hidden,
        )

    def _meaning(self, segment: Segment, number: int) -> str:
        table = dictionary.table_of(segment.name, number, self.version)
        value = segment.value(number)
        if not table:
            return ""
        meaning = dictionary.table_value(table, value, self.version)
        if not meaning:
            return _("Table %(table)s") % {"table": table}
        said = {"value": value, "meaning": meaning, "table": table}
        return _("%(value)s: %(meaning)s (table %(table)s)") % said

    def _parts(
        self, segment: Segment, number: int, is_hidden: bool
    ) -> tuple[PartView, ...]:
        found = segment.repetitions(number)
        parts = found[0].components() if len(found) == 1 else []
        if len(parts) < 2:
            return ()
        kind = segment.value(2) if (segment.name, number) == ("OBX", 5) else ""
        return tuple(
            PartView(
                f".{place}",
                dictionary.component_name(
                    segment.name, number, place, self.version, datatype=kind
                ),
                HIDDEN if is_hidden else part,
            )
            for place, part in enumerate(parts, 1)
            if part
        )
