"""Adding and changing stations; each change is audited, and heard at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.live import services as live
from worklist.exceptions import StationChanged
from worklist.models import Room, Station
from worklist.services.callers import forget_refused

# What a person may set, in the order in which people read it.
FIELDS = (
    "name",
    "ae_title",
    "room",
    "modality",
    "enabled",
    "charset",
    "scope",
    "group",
    "look_ahead_hours",
    "look_behind_hours",
    "show_started",
    "addresses",
    "certificate",
)


def values_of(station: Station) -> dict[str, Any]:
    """The settings as JSON; a room by its number."""
    return {name: station.serializable_value(name) for name in FIELDS}


@transaction.atomic
def add_station(*, values: Mapping[str, Any], by: User) -> Station:
    """A new scanner, welcome from its next association on."""
    station = _proposed(Station(), values)
    _save(station)
    _tell("station_added", station, by=by, old={}, changed=FIELDS)
    return station


@transaction.atomic
def change_station(
    *, station_id: int, values: Mapping[str, Any], revision: int, by: User
) -> Station:
    """Change what differs; `revision` is the one that the person had before them."""
    station = Station.objects.select_for_update().get(pk=station_id)
    if station.revision != revision:
        raise StationChanged(station.revision)
    before = values_of(station)
    after = values_of(_proposed(station, values))
    changed = [name for name in FIELDS if before[name] != after[name]]
    if changed:
        station.revision += 1
        _save(station, [*changed, "revision"])
        _tell("station_changed", station, by=by, old=before, changed=changed)
        forget_refused(str(before["ae_title"]))
    return station


def _proposed(station: Station, values: Mapping[str, Any]) -> Station:
    unknown = sorted(set(values) - set(FIELDS))
    if unknown:
        raise ValidationError(dict.fromkeys(unknown, _("This is not a setting.")))
    for name, value in values.items():
        if name == "room" and not isinstance(value, Room):
            value = _room(value)
        setattr(station, name, value)
    station.full_clean()
    return station


def _room(number: Any) -> Room:
    found = Room.objects.filter(pk=number).first()
    if found is None:
        raise ValidationError({"room": _("There is no such room.")})
    return found


def _save(station: Station, fields: list[str] | None = None) -> None:
    """Two people may take one AE title between the check and here."""
    try:
        with transaction.atomic():
            station.save(update_fields=fields)
    except IntegrityError as error:
        text = _("Another station has this AE title.")
        raise ValidationError({"ae_title": text}) from error


def _tell(
    action: str,
    station: Station,
    *,
    by: User,
    old: Mapping[str, Any],
    changed: tuple[str, ...] | list[str],
) -> None:
    new = values_of(station)
    detail = {
        "station": station.pk,
        "revision": station.revision,
        "old": {name: old[name] for name in changed if name in old},
        "new": {name: new[name] for name in changed},
    }
    audit.record(action, actor=by, detail=detail)
    live.publish("station", station.pk, station.revision)
    forget_refused(station.ae_title)
