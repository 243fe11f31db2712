"""Which room and scanner a scheduler's names of resources mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from worklist.models import Room, Station
from worklist.requests import Resource

_OF_PERSONS = "AIP"
R = TypeVar("R", Room, Station)


@dataclass(frozen=True)
class Place:
    """`told` are the names where nothing here is known by any of them."""

    room: Room | None = None
    station: Station | None = None
    told: str = ""


def place_of(resources: Sequence[Resource]) -> Place:
    """By AE title or name of a scanner, else name or location of a room.

    The sender's own mapping is asked first, then devices, then locations.
    """
    names = [name for one in resources if one.kind != _OF_PERSONS for name in one.names]
    if not names:
        return Place()
    stations = _by_name(
        Station.objects.filter(enabled=True, room__enabled=True).select_related("room"),
        ("ae_title", "name"),
    )
    for name in names:
        if station := stations.get(_folded(name)):
            return Place(station.room, station)
    rooms = _by_name(Room.objects.filter(enabled=True), ("name", "location"))
    for name in names:
        if room := rooms.get(_folded(name)):
            return Place(room)
    return Place(told=names[0])


def _by_name(rows: Iterable[R], fields: Sequence[str]) -> dict[str, R]:
    """Names that two rows share mean neither."""
    found: dict[str, R | None] = {}
    for field in fields:
        of_field: dict[str, R | None] = {}
        for row in rows:
            name = _folded(getattr(row, field))
            of_field[name] = None if name in of_field else row
        found = of_field | found
    return {name: row for name, row in found.items() if name and row is not None}


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
