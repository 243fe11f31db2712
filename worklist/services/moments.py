"""Times as devices tell them: their wall clock, without a zone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

_AHEAD = timedelta(minutes=5)


def moment(local: datetime | None) -> datetime:
    """A scanner's local time as UTC; now where it has none or is well in the future."""
    now = timezone.now()
    if local is None:
        return now
    at = timezone.make_aware(local, timezone.get_default_timezone())
    return now if at > now + _AHEAD else at
