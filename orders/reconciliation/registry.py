"""Kinds of mismatch between orders, schedule, images and reports (RAD-11 of the seed).

Each app hands in its own at start; the page asks all of them at read time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Count, QuerySet, Value

from orders.models import Order, Patient
from radflow.accounts.roles import Capability
from radflow.live.keep import Kept

MOST = 100
FIRST = 5  # of each kind, where all of them are shown


@dataclass(frozen=True)
class Action:
    """One safe step: the page where a person compares, and then does it.

    Who lacks the right that the page `needs` reads `otherwise` instead.
    """

    label: str
    url: str
    needs: Capability | None = None
    otherwise: str = ""


@dataclass(frozen=True)
class Item:
    """One mismatch; `detail` and `proposal` hold no patient data.

    `numbers` are those that a message names, of orders and people, in words.
    """

    title: str
    since: datetime
    action: Action
    detail: str = ""
    proposal: str = ""
    order: Order | None = None
    patient: Patient | None = None
    numbers: tuple[str, ...] = ()


class Items(Protocol):
    """The oldest first, in a constant number of queries."""

    def __call__(self, limit: int = MOST, after: int = 0) -> Sequence[Item]: ...


@dataclass(frozen=True)
class Kind:
    """`items` reads some of them, `standing` is the query of what they are made of."""

    name: str
    title: str
    explains: str
    items: Items
    standing: Callable[[], QuerySet[Any]]


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


def kinds() -> list[Kind]:
    return list(_kinds.values())


def counts() -> dict[str, int]:
    """How many there are of each kind, in one query; hours pass, so ten seconds old.

    What a change does to them shows at once.
    """
    return dict(_counts())


def _count() -> dict[str, int]:
    first, *others = [
        kind.standing()
        .order_by()
        .annotate(kind=Value(kind.name))
        .values("kind")
        .annotate(number=Count("pk"))
        .values_list("kind", "number")
        for kind in kinds()
    ]
    found = dict(first.union(*others, all=True))
    return {kind.name: found[kind.name] for kind in kinds()}


_counts = Kept(_count, 10)
