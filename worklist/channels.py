"""The two DICOM channels beside those of HL7: worklist queries and performed steps."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext

from radflow.dicom.statuses import ATTRIBUTE_LIST_WARNING, CANCELLED, SUCCESS
from radflow.messaging.channels.channel import Channel, ChannelState
from worklist.models import DicomExchange
from worklist.selectors import stations

MINUTES = 60
_FINE = (SUCCESS, CANCELLED, ATTRIBUTE_LIST_WARNING)
_FIND = (DicomExchange.Kind.FIND,)
_MPPS = (DicomExchange.Kind.CREATE, DicomExchange.Kind.SET)


def dicom_channels(now: datetime) -> list[Channel]:
    names = [station.name for station in stations()]
    scanners = gettext("%(number)s scanners, port %(port)s") % {
        "number": len(names),
        "port": settings.DICOM_PORT,
    }
    return [
        _channel("dicom-worklist", gettext("Worklist"), scanners, _FIND, now),
        _channel("dicom-mpps", "MPPS", ", ".join(names) or scanners, _MPPS, now),
    ]


def _channel(
    key: str,
    name: str,
    where: str,
    kinds: tuple[DicomExchange.Kind, ...],
    now: datetime,
) -> Channel:
    """A scanner that is not used asks nothing: quiet for an hour is no fault."""
    of_kind = DicomExchange.objects.filter(kind__in=kinds)
    hour = of_kind.filter(at__gt=now - timedelta(minutes=MINUTES), at__lte=now)
    seen = list(hour.values_list("at", "status"))
    failed = sum(status not in _FINE for _, status in seen)
    last = max((at for at, _ in seen), default=None) or _last(kinds)
    return Channel(
        key=key,
        name=name,
        direction="in",
        state=ChannelState.UP if seen else ChannelState.NO_DATA,
        where=where,
        at=now,
        last_at=last,
        minutes=_per_minute([at for at, _ in seen], now),
        errors=failed,
        recent_errors=failed,
    )


def _last(kinds: tuple[DicomExchange.Kind, ...]) -> datetime | None:
    found = (
        DicomExchange.objects.filter(kind=kind).order_by("-at").first()
        for kind in kinds
    )
    return max((one.at for one in found if one), default=None)


def _per_minute(times: list[datetime], now: datetime) -> tuple[int, ...]:
    """The oldest minute first."""
    ago = Counter(int((now - at).total_seconds() // 60) for at in times)
    return tuple(ago[minute] for minute in reversed(range(MINUTES)))
