"""Empties the tables after a test that commits, in a fraction of the time of a flush.

Django truncates all tables and makes permissions anew, though most tables are empty and
no test touches permissions. Here the rows are deleted. Tables of evidence refuse that
by triggers, which rest meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase

from orders.authorities import _NAMES
from radflow.messaging.contracts.shipped import ship

_STAND = {"django_content_type", "auth_permission"}
_SHIPPED = ("messaging_z_contract", "messaging_z_field", "messaging_z_sample")
_GUARDS = """SELECT DISTINCT event_object_table FROM information_schema.triggers
    WHERE event_manipulation = 'DELETE'"""
_shipped_as: list[object] = []


def install() -> None:
    """For the whole run."""
    TransactionTestCase._fixture_teardown = lambda _case: empty()  # type: ignore[attr-defined]


def empty() -> None:
    """Every table but those that migrating fills; what is shipped is there again."""
    with connection.cursor() as cursor:
        with transaction.atomic():
            _delete(cursor)
        if _shipped_as != [_shipped(cursor)]:
            _ship_anew(cursor)
    _NAMES.forget()


def _delete(cursor: CursorWrapper) -> None:
    tables = _tables()
    # A thread that is still writing is waited for, as a flush does.
    cursor.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")
    cursor.execute(f"SELECT {', '.join(f'EXISTS (TABLE {one})' for one in tables)}")
    found = [
        one for one, filled in zip(tables, cursor.fetchone(), strict=True) if filled
    ]
    if _shipped_as == [_shipped(cursor)]:
        found = [one for one in found if one not in _SHIPPED]
    guarded = [one for one in found if one in _guarded()]
    _each(cursor, "ALTER TABLE {} DISABLE TRIGGER USER", guarded)
    _each(cursor, "DELETE FROM {}", found)
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or no trigger can be turned on
    _each(cursor, "ALTER TABLE {} ENABLE TRIGGER USER", guarded)


def _each(cursor: CursorWrapper, statement: str, tables: Iterable[str]) -> None:
    for table in tables:
        cursor.execute(statement.format(table))


@cache
def _tables() -> tuple[str, ...]:
    names = connection.introspection.django_table_names(
        only_existing=True, include_views=False
    )
    return tuple(sorted(set(names) - _STAND))


@cache
def _guarded() -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute(_GUARDS)
        return frozenset(name for (name,) in cursor.fetchall())


def _shipped(cursor: CursorWrapper) -> object:
    """Another value after every change of what is shipped."""
    each = (f"SELECT count(*), max(xmin::text::bigint) FROM {one}" for one in _SHIPPED)
    cursor.execute(" UNION ALL ".join(each))
    return cursor.fetchall()


def _ship_anew(cursor: CursorWrapper) -> None:
    ship(None, using=DEFAULT_DB_ALIAS)
    _shipped_as[:] = [_shipped(cursor)]
