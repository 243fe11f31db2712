from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

RATE_MINUTES = 10


class ChannelState(TextChoices):
    UP = "up", _("Up")
    DOWN = "down", _("Down")
    NO_DATA = "nodata", _("No data")
    PAUSED = "paused", _("Paused")


@dataclass(frozen=True)
class Channel:
    """One direction of one peer at a moment.

    `minutes` counts messages of the last 60 minutes, the oldest first. `where` is the
    port it comes in by or the address it goes to; `note` says why it is as it is.
    `errors` wait for a person, `recent_errors` of them came within the hour.
    """

    key: str
    name: str
    direction: str
    state: ChannelState
    where: str
    at: datetime
    note: str = ""
    peer_id: int | None = None
    last_at: datetime | None = None
    minutes: tuple[int, ...] = ()
    queue: int = 0
    oldest_at: datetime | None = None
    errors: int = 0
    recent_errors: int = 0
    faults: tuple[str, ...] = ()
    allowed_gap: timedelta | None = None

    @property
    def system(self) -> str:
        """Its name without the direction, which must not be cut off with it."""
        return self.name.removesuffix(f" {self.direction}")

    @property
    def side(self) -> str:
        return self.direction if self.system != self.name else ""

    @property
    def state_label(self) -> str:
        return str(self.state.label)

    @property
    def per_minute(self) -> float:
        """Over the last ten minutes."""
        return round(sum(self.minutes[-RATE_MINUTES:]) / RATE_MINUTES, 1)

    @property
    def error_rate(self) -> float:
        """The share of the last hour's messages that failed."""
        return round(self.recent_errors / max(sum(self.minutes), 1), 3)

    @property
    def last_seconds(self) -> int | None:
        return self._seconds_since(self.last_at)

    @property
    def oldest_seconds(self) -> int | None:
        return self._seconds_since(self.oldest_at)

    def _seconds_since(self, then: datetime | None) -> int | None:
        return None if then is None else max(0, int((self.at - then).total_seconds()))
