from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from radflow.accounts.models import User


@dataclass(frozen=True)
class Cause:
    """Who or what makes a change: a person, a message, a DICOM exchange, a task.

    `at` is when it happened, aware; the machine's own time by default.
    """

    user: User | None = None
    actor: str = ""
    inbound_id: int | None = None
    exchange_id: int | None = None
    at: datetime = field(default_factory=timezone.now)
    links: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.user.display_name if self.user else self.actor
