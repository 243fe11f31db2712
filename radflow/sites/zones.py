"""Time zones: which there are, and how a zone is written beside a time."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def zone_named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def known_zone(name: str) -> None:
    """A validator."""
    if zone_named(name) is None:
        raise ValidationError(_("There is no such zone."))


def zone_label(moment: datetime) -> str:
    """`CET`; a zone without letters of its own is told by its shift: `UTC-03`."""
    name = moment.tzname() or ""
    return name if name[:1].isalpha() else f"UTC{name}"


def zone_labels(zone: tzinfo, year: int) -> dict[str, str]:
    """Winter's and summer's label, by the shift as browsers write it: `GMT+01:00`."""
    seasons = (datetime(year, month, 1, tzinfo=UTC) for month in (1, 7))
    return {_shift(at): zone_label(at) for at in (s.astimezone(zone) for s in seasons)}


def _shift(moment: datetime) -> str:
    text = f"{moment:%z}"
    return "GMT" if text == "+0000" else f"GMT{text[:3]}:{text[3:5]}"


def exists(naive: datetime, zone: tzinfo) -> bool:
    """False in the hour that a zone leaves out when its clocks go forward."""
    there = naive.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) == naive
