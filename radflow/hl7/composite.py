"""The base of data types: attributes that are components, read and written alike."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, Self

from radflow.hl7.build import Component, Occurrence
from radflow.hl7.segment import NULL, Repetition, Segment


@dataclass(frozen=True)
class Composite:
    """`POSITIONS` gives component and sub-component of each attribute, in order."""

    POSITIONS: ClassVar[tuple[tuple[int, int], ...]] = ()

    @classmethod
    def read(cls, repetition: Repetition) -> Self:
        """From one occurrence; HL7 null reads as empty."""
        values = repetition.leaves(cls.POSITIONS)
        return cls(*["" if value == NULL else value for value in values])

    @classmethod
    def of(cls, segment: Segment, number: int, repetition: int = 1) -> Self:
        """From a field of a segment; all empty where there is no such occurrence."""
        found = segment.repetitions(number)
        return cls.read(found[repetition - 1]) if len(found) >= repetition else cls()

    @classmethod
    def all(cls, segment: Segment, number: int) -> list[Self]:
        """Every occurrence of a field."""
        return [cls.read(repetition) for repetition in segment.repetitions(number)]

    def value(self) -> Occurrence:
        """What `build.segment` takes; `read` of the result gives this back."""
        placed: dict[int, dict[int, str]] = {}
        for field, (component, sub) in zip(fields(self), self.POSITIONS, strict=True):
            placed.setdefault(component, {})[sub] = getattr(self, field.name)
        numbers = range(1, max(placed, default=0) + 1)
        return tuple(_component(placed.get(number, {})) for number in numbers)


def _component(subs: dict[int, str]) -> Component:
    return tuple(subs.get(number, "") for number in range(1, max(subs, default=0) + 1))
