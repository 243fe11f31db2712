"""Answers kept in this process until something commits that pages hear of."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import connection

from radflow.live.selectors import committed

T = TypeVar("T")
_MOST = 64  # answers of one question
_all: list[Kept] = []  # type: ignore[type-arg]


@dataclass(frozen=True)
class _Answer(Generic[T]):
    found: T
    committed: tuple[int, int]
    until: float


class Kept(Generic[T]):
    """`read(*key)`, asked anew after every change that leaves an event.

    An answer costs one small query then, and is never older than what had committed
    when it was asked for; what leaves no event is seen after so many seconds. Readers
    share the answer: it must not be changed. Within a transaction nothing is kept, as
    what is read there may be taken back.
    """

    def __init__(self, read: Callable[..., T], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._answers: dict[tuple[Hashable, ...], _Answer[T]] = {}
        _all.append(self)

    def __call__(self, *key: Hashable) -> T:
        if connection.in_atomic_block:
            return self._read(*key)
        now, known = committed(), self._answers.get(key)
        if known and known.committed == now and time.monotonic() < known.until:
            return known.found
        found = self._read(*key)
        if len(self._answers) >= _MOST:
            self._answers.clear()
        until = time.monotonic() + self._seconds
        self._answers[key] = _Answer(found, now, until)
        return found

    def forget(self) -> None:
        self._answers.clear()


def forget_all() -> None:
    """For tests: rows that they write by hand leave no event."""
    for each in _all:
        each.forget()
