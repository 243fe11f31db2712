"""TS and DTM values (standards.md section 3.1): UTC, original text and precision."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from radflow.hl7.errors import HL7Error

_TS = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6})\d*)?)?)?)?)?)?"
    r"([+-]\d{4})?\Z",
    re.ASCII,
)
_PRECISIONS = ("year", "month", "day", "hour", "minute", "second", "fraction")


@dataclass(frozen=True)
class Timestamp:
    """`value` is aware, UTC; `text` as it came; `precision` the finest unit given."""

    value: datetime
    text: str
    precision: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartialDate:
    """`value` is None unless the day is known."""

    text: str
    value: date | None
    precision: str


def parse_ts(
    text: str,
    *,
    zone: ZoneInfo,
    message_time: str = "",
    planned: bool = True,
    received: datetime | None = None,
) -> Timestamp:
    """Read a time; HL7Error 102 for what is none.

    Without an offset of its own it takes the one of MSH-7 (`message_time`), else
    `zone`. An MSH-7 offset that is the zone's own at that moment means the zone, so
    a July slot sent in January is right. A local time that a DST change skips moves
    on by the gap; one that exists twice is the earlier if `planned`, else the one
    nearest to `received`. Both warn.
    """
    match = _match(text, "timestamp")
    naive, precision = _naive(match)
    offset = _offset(match[8]) or _message_zone(message_time, zone)
    warnings: list[str] = []
    try:
        value = _localize(naive, offset, planned, received, warnings).astimezone(UTC)
    except (OverflowError, ValueError):
        raise HL7Error("102", "A timestamp is not valid.") from None
    return Timestamp(value, text, precision, tuple(warnings))


def _match(text: str, kind: str) -> re.Match[str]:
    match = _TS.match(text.strip())
    if match is None:
        raise HL7Error("102", f"A {kind} is not valid.")
    return match


def _naive(match: re.Match[str]) -> tuple[datetime, str]:
    """Hour 24 is the next day's 00; second 60 the last microsecond of its minute."""
    given = [part for part in match.groups()[:7] if part is not None]
    numbers = [int(part) for part in given[:6]]
    year, month, day, hour, minute, second = (
        numbers + [0, 1, 1, 0, 0, 0][len(numbers) :]
    )
    fraction = int(given[6].ljust(6, "0")) if len(given) == 7 else 0
    extra = timedelta()
    if (hour, minute, second, fraction) == (24, 0, 0, 0):
        hour, extra = 0, timedelta(days=1)
    if second == 60:
        second, fraction = 59, 999_999
    try:
        value = datetime(year, month, day, hour, minute, second, fraction) + extra
    except (ValueError, OverflowError):
        raise HL7Error("102", "A timestamp is not valid.") from None
    return value, _PRECISIONS[len(given) - 1]


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    hours, minutes = int(text[1:3]), int(text[3:])
    if hours > 14 or minutes > 59:
        raise HL7Error("102", "A time zone offset is not valid.")
    delta = timedelta(hours=hours, minutes=minutes)
    return timezone(-delta if text[0] == "-" else delta)


def _message_zone(message_time: str, zone: ZoneInfo) -> tzinfo:
    """An MSH-7 that cannot be read is no reason to refuse another field's time."""
    try:
        match = _match(message_time, "message time")
        offset = _offset(match[8])
        sent = _naive(match)[0].replace(tzinfo=offset or zone)
        own = sent.astimezone(zone).utcoffset()
    except (HL7Error, OverflowError, ValueError):
        return zone
    return zone if offset is None or own == offset.utcoffset(None) else offset


def _localize(
    naive: datetime,
    zone: tzinfo,
    planned: bool,
    received: datetime | None,
    warnings: list[str],
) -> datetime:
    first, second = naive.replace(tzinfo=zone), naive.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        warnings.append("local time does not exist, moved on by the gap")
        return first
    warnings.append("local time exists twice")
    if planned or received is None:
        return first
    return min((first, second), key=lambda moment: abs(moment - received))


def parse_date(text: str) -> PartialDate:
    """A date, perhaps partial; never shifted between zones. HL7Error 102 if none."""
    match = _match(text, "date")
    _, precision = _naive(match)
    parts = [part for part in match.groups()[:3] if part]
    # From the digits, since hour 24 has moved the moment to the next day.
    day = date(*map(int, parts)) if len(parts) == 3 else None
    return PartialDate("".join(parts), day, precision)


def format_ts(value: datetime, zone: tzinfo = UTC) -> str:
    """`20260302083000+0000`: to the second, always with the offset."""
    if value.tzinfo is None:
        raise ValueError("a time without a zone")
    local = value.astimezone(zone)
    return f"{local.year:04}{local:%m%d%H%M%S%z}"
