"""Kinds of mismatch between orders, schedule, images and reports (RAD-11 of the seed).

Each app hands in its own at start; the page asks all of them at read time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orders.models import Order, Patient

MOST = 100


@dataclass(frozen=True)
class Action:
    """One safe step: the page where a person compares, and then does it."""

    label: str
    url: str


@dataclass(frozen=True)
class Item:
    """One mismatch; `detail` and `proposal` hold no patient data."""

    title: str
    since: datetime
    action: Action
    detail: str = ""
    proposal: str = ""
    order: Order | None = None
    patient: Patient | None = None
    parts: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Kind:
    """`items` reads at most MOST, the oldest first, in a constant number of queries."""

    name: str
    title: str
    explains: str
    items: Callable[[], Sequence[Item]]
    count: Callable[[], int]


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


def kinds() -> list[Kind]:
    return list(_kinds.values())
