"""What must be looked at every few seconds; each app hands in its own at start.

`manage.py clock` runs them on the database alone, whatever happened to beat, broker
and workers. All of them may run in several places at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Duty:
    """`run` every `seconds`; its `name` is what the log says."""

    name: str
    run: Callable[[], object]
    seconds: float


_duties: dict[str, Duty] = {}


def register(duty: Duty) -> None:
    _duties[duty.name] = duty


def duties() -> list[Duty]:
    return list(_duties.values())
