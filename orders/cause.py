from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from radflow.accounts.models import User


@dataclass(frozen=True)
class Cause:
    """Who or what makes a change: a person, a message, a DICOM exchange, a task.

    `at` is when it happened, aware; the machine's own time by default. `answered`:
    an order response to its message will carry the news, so no status goes out.
    """

    user: User | None = None
    actor: str = ""
    inbound_id: int | None = None
    exchange_id: int | None = None
    answered: bool = False
    at: datetime = field(default_factory=timezone.now)

    @property
    def name(self) -> str:
        return self.user.display_name if self.user else self.actor
