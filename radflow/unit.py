"""One unit of work: one transaction whose evidence is written together at its end.

A message changes little and leaves many rows of evidence: timeline, audit, hints.
Within `work()` these gather and go out in one statement per table just before the
commit, and services take no savepoints: whoever begins a unit gives all of it up when
anything in it fails. Outside of it everything is written at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, models, transaction

P = ParamSpec("P")
R = TypeVar("R")
_MARK = "radflow_unit"


class _Row:
    """Rides among the commit hooks: Django drops those of a savepoint rolled back."""

    def __init__(self, instance: models.Model, key: Hashable) -> None:
        self.instance = instance
        self.key = key

    def __call__(self) -> None:
        raise RuntimeError("a row was gathered but not written before the commit")


@contextmanager
def work() -> Iterator[None]:
    """A transaction of its own; within another unit, a part of that."""
    if gathering():
        yield
        return
    with transaction.atomic():
        setattr(connection, _MARK, True)
        try:
            yield
            write()
        finally:
            setattr(connection, _MARK, False)


def gathering() -> bool:
    return bool(getattr(connection, _MARK, False))


def atomic(function: Callable[P, R]) -> Callable[P, R]:
    """`transaction.atomic` for services, without a savepoint in a unit of work."""

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic(savepoint=not gathering()):
            return function(*args, **kwargs)

    return inside


def add(instance: models.Model, *, key: Hashable = None) -> None:
    """Insert the row, at the end of the unit; of those with one `key` the last."""
    if gathering():
        transaction.on_commit(_Row(instance, key))
    else:
        instance.save(force_insert=True)


def write() -> None:
    """Insert what has gathered; for those who must read it within the unit."""
    hooks = connection.run_on_commit
    rows = [hook[1] for hook in hooks if isinstance(hook[1], _Row)]
    connection.run_on_commit = [hook for hook in hooks if hook[1] not in rows]
    lasting = {row.key: row for row in rows if row.key is not None}
    kept = [row for row in rows if row.key is None or lasting[row.key] is row]
    for model in dict.fromkeys(type(row.instance) for row in kept):
        found = [row.instance for row in kept if type(row.instance) is model]
        model._default_manager.bulk_create(found)
