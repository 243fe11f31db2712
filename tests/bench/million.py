"""A department with a million orders behind it and a working day before it.

Set by set in SQL (million.sql): services would need days. Of 1,000,000 orders of
300,000 people 600 are live (200 of them unread, 25 preliminary); 97.9 % of the others
are final, the rest was cancelled or stopped. Beside them: visits, identifiers, steps,
appointments, performed steps, studies, reports with a version, cases, 200,000 messages
each way, three timeline events an order, held changes, duplicates, merges, live events,
audit. Takes three to five minutes on two cores.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection

from orders.identity import fold, sound
from radflow.accounts.models import User
from radflow.demo.site import make_department, make_peers, make_people, make_sites
from radflow.messaging.models import Peer

ORDERS = 1_000_000
LIVE = 600
SCRIPT = Path(__file__).with_name("million.sql")
_ONSETS = "Ber Sch Mor Oka Han Nov Tan Lind Kow Pet Ros Ven Gar Nak Dub Fer".split()
_MIDDLES = "a e i o u an en in on el er ar".split()
_ENDS = "ssen ova ski mann dez ton lli fors ger shi".split()
_GIVEN = """Ada Ben Carla Dara Emil Fatima Georg Hana Igor Jana Karim Lena Mateo Nora
    Omar Paula Quinn Rosa Samir Tereza Ugo Vera Wim Xenia Yusuf Zoe Anna Boris Chen
    Dora Elias Farah""".split()
_BLANKS = {
    "character varying": "''",
    "text": "''",
    "boolean": "false",
    "smallint": "0",
    "integer": "0",
    "ARRAY": "'{}'",
    "jsonb": "'{}'",
    "bytea": "''",
    "timestamp with time zone": "now()",
}


def fill(orders: int = ORDERS) -> None:
    """Fill the migrated, empty database; nothing of it is ever to be served."""
    people = make_people()
    User.objects.update(password=make_password(None))
    make_sites()
    make_department()
    make_peers()
    families = ["".join(parts) for parts in product(_ONSETS, _MIDDLES, _ENDS)]
    values = {
        "orders": orders,
        "live": LIVE,
        "patients": max(orders * 3 // 10, LIVE),
        "messages": orders // 5,
        "families": len(families),
        "givens": len(_GIVEN),
        "peer": Peer.objects.order_by("id")[0].pk,
        "technologist": people["tech"].pk,
        "radiologist": people["rad"].pk,
    }
    _give_blanks()
    dress = _undress()
    _names("bench_family", families, lambda name: sound(fold(name), ""))
    _names("bench_given", _GIVEN, lambda name: sound("", fold(name)))
    for statement in SCRIPT.read_text().split(";\n"):
        if statement.strip():
            _run(statement, values)
    started = time.perf_counter()
    for statement in dress:
        _execute(statement)
    print(f"  {time.perf_counter() - started:6.1f} s  indexes and foreign keys")
    _run("VACUUM ANALYZE", {})


def _run(statement: str, values: dict[str, int]) -> None:
    started = time.perf_counter()
    _execute(statement, values)
    head = " ".join(statement.split("\n\n")[-1].split()[:3])
    print(f"  {time.perf_counter() - started:6.1f} s  {head}", flush=True)


def _execute(statement: str, values: dict[str, int] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def _undress() -> list[str]:
    """Take off foreign keys and plain indexes; returns what puts them on again.

    They are made faster in one go than row by row, and are the same afterwards.
    """
    keys = _execute(
        """SELECT conrelid::regclass::text, quote_ident(conname),
        pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"""
    )
    indexes = _execute(
        """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
        FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
        WHERE relnamespace = 'public'::regnamespace AND NOT indisunique
        AND NOT indisexclusion"""
    )
    for table, name, _ in keys:
        _execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        _execute(f"DROP INDEX {name}")
    return [
        "SET maintenance_work_mem = '256MB'",
        *(text for _, text in indexes),
        *(f"ALTER TABLE {table} ADD CONSTRAINT {n} {what}" for table, n, what in keys),
    ]


def _give_blanks() -> None:
    """Columns that Django alone fills get a default, so that SQL need not name them."""
    query = """
        SELECT table_name, column_name, data_type FROM information_schema.columns
        WHERE table_schema = 'public' AND is_nullable = 'NO' AND is_identity = 'NO'
        AND column_default IS NULL"""
    for table, column, kind in _execute(query):
        if kind in _BLANKS:
            _execute(
                f'ALTER TABLE "{table}" ALTER "{column}" SET DEFAULT {_BLANKS[kind]}'
            )


def _names(table: str, names: list[str], sounds: Callable[[str], str]) -> None:
    rows = [
        (number, name, fold(name), sounds(name).strip("|"))
        for number, name in enumerate(names, 1)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE {table} (no int, name text, folded text, sound text)"
        )
        cursor.executemany(f"INSERT INTO {table} VALUES (%s, %s, %s, %s)", rows)
