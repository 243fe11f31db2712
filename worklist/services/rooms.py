"""Rooms, their scanners and their weekly hours, kept by who manages rooms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from itertools import pairwise

from django.utils.translation import gettext as _

from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.live import services as live
from worklist.exceptions import WorklistError
from worklist.models import Room, RoomHours, Station


class HoursRefused(WorklistError):
    """Two intervals of a day run into each other."""

    code = "HOURS"


@dataclass(frozen=True, order=True)
class Interval:
    """Monday is 0. What closes no later than it opens closes on the next day."""

    weekday: int
    opens: time
    closes: time

    def minutes(self) -> tuple[int, int]:
        """Of the week."""
        start = self.weekday * 1440 + self.opens.hour * 60 + self.opens.minute
        end = self.weekday * 1440 + self.closes.hour * 60 + self.closes.minute
        return start, end if end > start else end + 1440


@unit.atomic
def save_room(*, room: Room, by: User) -> Room:
    """Its name, site, location and whether it is used."""
    is_new = room.pk is None
    room.save()
    _tell("room_added" if is_new else "room_changed", room, by)
    return room


@unit.atomic
def save_stations(*, room: Room, stations: Iterable[Station], by: User) -> None:
    """Those that are new or changed; a scanner is switched off, not removed."""
    for station in stations:
        station.room = room
        station.save()
        detail = {"station": station.pk, "ae_title": station.ae_title}
        audit.record("station_saved", actor=by, detail={"room": room.pk, **detail})
    live.publish("room", room.pk)


@unit.atomic
def set_hours(*, room: Room, intervals: Iterable[Interval], by: User) -> None:
    """All hours of the week anew; none: always open. Raises HoursRefused."""
    wanted = sorted(set(intervals))
    _require_apart(wanted)
    locked = Room.objects.select_for_update(no_key=True).get(pk=room.pk)
    locked.hours.all().delete()
    RoomHours.objects.bulk_create(
        RoomHours(room=locked, weekday=one.weekday, opens=one.opens, closes=one.closes)
        for one in wanted
    )
    _tell("room_hours_set", room, by)


def _require_apart(intervals: list[Interval]) -> None:
    """Sunday's evening may reach into Monday."""
    spans = sorted(one.minutes() for one in intervals)
    if spans:
        first = spans[0]
        spans.append((first[0] + 7 * 1440, first[1] + 7 * 1440))
    for before, after in pairwise(spans):
        if before[1] > after[0]:
            raise HoursRefused(
                _("Two intervals overlap. Let one end before the next begins.")
            )


def _tell(action: str, room: Room, by: User) -> None:
    detail: dict[str, object] = {"room": room.pk, "name": room.name}
    if action == "room_hours_set":
        detail["hours"] = [str(one) for one in room.hours.all()]
    audit.record(action, actor=by, detail=detail)
    live.publish("room", room.pk)
