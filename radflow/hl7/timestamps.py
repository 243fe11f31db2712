"""TS and DTM values (standards.md section 3.1): UTC, original text and precision."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from radflow.hl7.errors import HL7Error

_TS = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6})\d*)?)?)?)?)?)?"
    r"([+-]\d{4})?\Z"
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
    match = _TS.match(text.strip())
    if match is None:
        raise HL7Error("102", "A timestamp is not valid.")
    naive, precision = _naive(match)
    offset = _offset(match[8]) or _message_zone(message_time, zone)
    warnings: list[str] = []
    value = _localize(naive, offset, planned, received, warnings)
    return Timestamp(value.astimezone(UTC), text, precision, tuple(warnings))


def _naive(match: re.Match[str]) -> tuple[datetime, str]:
    given = [part for part in match.groups()[:7] if part is not None]
    numbers = [int(part) for part in given[:6]]
    year, month, day, hour, minute, second = (
        numbers + [0, 1, 1, 0, 0, 0][len(numbers) :]
    )
    extra = timedelta(days=1) if hour == 24 else timedelta()
    fraction = int(given[6].ljust(6, "0")) if len(given) == 7 else 0
    if second == 60:
        second, fraction = 59, 999_999
    try:
        value = datetime(
            year, month, day, 0 if extra else hour, minute, second, fraction
        )
        return value + extra, _PRECISIONS[len(given) - 1]
    except (ValueError, OverflowError):
        raise HL7Error("102", "A timestamp is not valid.") from None


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    hours, minutes = int(text[1:3]), int(text[3:])
    if hours > 14 or minutes > 59:
        raise HL7Error("102", "A time zone offset is not valid.")
    delta = timedelta(hours=hours, minutes=minutes)
    return timezone(-delta if text[0] == "-" else delta)


def _message_zone(message_time: str, zone: ZoneInfo) -> tzinfo:
    match = _TS.match(message_time.strip())
    offset = _offset(match[8]) if match else None
    if match is None or offset is None:
        return zone
    sent, _ = _naive(match)
    return (
        zone
        if sent.replace(tzinfo=zone).utcoffset() == offset.utcoffset(None)
        else offset
    )


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
    match = _TS.match(text.strip())
    if match is None:
        raise HL7Error("102", "A date is not valid.")
    naive, precision = _naive(match)
    digits = "".join(part for part in match.groups()[:3] if part)
    known = precision not in ("year", "month")
    return PartialDate(digits, naive.date() if known else None, precision)


def format_ts(value: datetime, zone: tzinfo = UTC) -> str:
    """`20260302083000+0000`: to the second, always with the offset."""
    return value.astimezone(zone).strftime("%Y%m%d%H%M%S%z")
