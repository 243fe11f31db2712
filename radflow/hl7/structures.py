"""Which segments a message may hold, and in what order (chapters 3, 4, 7, 10).

Tolerant: a choice of details may hold any of them, Z segments stand anywhere, and a
segment out of its place does not make those after it wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from radflow.hl7 import dictionary
from radflow.hl7.dictionary import Node

EXPECTED, MISPLACED, FOREIGN = "expected", "misplaced", "foreign"
# Events that share the structure of another (table 0354).
_SHARED = {
    "ADT_A01": "A04 A08 A13",
    "ADT_A05": "A14 A28 A31",
    "ADT_A06": "A07",
    "ADT_A09": "A10 A11",
    "ADT_A21": "A22 A23 A25 A26 A27 A29 A32 A33",
    "ADT_A30": "A34 A35 A46 A47 A48 A49",
    "ADT_A39": "A36 A40 A41 A42",
    "ADT_A43": "A44",
    "ADT_A50": "A51",
    "SIU_S12": "S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S26",
    "MDM_T01": "T03 T05 T07 T09 T11",
    "MDM_T02": "T04 T06 T08 T10",
}
_STRUCTURES = {
    f"{name[:3]}_{event}": name
    for name, events in _SHARED.items()
    for event in events.split()
}


@dataclass(frozen=True)
class _Place:
    """A segment in the structure; `loops` are the repeating groups around it."""

    name: str
    repeats: bool
    required: bool
    loops: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Judged:
    """What a structure says of a message's segments, one word for each of them."""

    words: tuple[str, ...]
    missing: tuple[str, ...]


def structure_name(code: str, event: str, stated: str = "") -> str:
    """`ADT_A01` for ADT^A04; what MSH-9.3 states is often wrong, so it comes second."""
    if code == "ACK":
        return "ACK"
    own = f"{code}_{event}"
    return _STRUCTURES.get(own, own) if event else stated


def judge(name: str, segments: Sequence[str], version: str) -> Judged | None:
    """None where the version does not know the structure."""
    places = _places(name, dictionary.nearest_version(version))
    if not places:
        return None
    known = {place.name for place in places}
    words, at = [], 0
    for segment in segments:
        found = _next(places, at, segment) if segment in known else None
        if found is not None:
            at = found
        words.append(_word(segment, known, found))
    seen = set(segments)
    wanted = [one.name for one in places if one.required and one.name not in seen]
    return Judged(tuple(words), tuple(dict.fromkeys(wanted)))


def _word(segment: str, known: set[str], found: int | None) -> str:
    if found is not None or not segment or segment.startswith("Z"):
        return EXPECTED
    return MISPLACED if segment in known else FOREIGN


def _next(places: Sequence[_Place], at: int, name: str) -> int | None:
    """Where a segment stands that comes after the one at `at`: nearest group first."""
    here = places[at]
    if here.name == name and (here.repeats or at == 0):
        return at
    for start, end in (*here.loops, (len(places), len(places))):
        for index in chain(range(at + 1, end), range(start, min(at + 1, end))):
            if places[index].name == name:
                return index
    return None


@lru_cache(maxsize=256)
def _places(name: str, version: str) -> tuple[_Place, ...]:
    found: list[_Place] = []
    for node in dictionary.structure(name, version):
        found += _flat(node, len(found), True, ())
    return tuple(found)


def _flat(
    node: Node, offset: int, required: bool, loops: tuple[tuple[int, int], ...]
) -> Iterator[_Place]:
    required = required and node.occurs.least > 0
    if not node.children:
        yield _Place(node.name, node.occurs.most != 1, required, loops)
        return
    if node.occurs.most != 1:
        loops = ((offset, offset + _size(node)), *loops)
    for child in node.children:
        # Of a choice none is required by itself.
        inner = _flat(child, offset, required and not node.choice, loops)
        yield from inner
        offset += _size(child)


def _size(node: Node) -> int:
    return sum(map(_size, node.children)) if node.children else 1
