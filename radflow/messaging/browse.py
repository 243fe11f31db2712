"""The message browser: filters, pages by position and a search with a budget.

A page costs the same at a million rows: it begins after the last id seen of each
table and ends with the page, so nothing is counted or skipped; totals stop at MOST.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from radflow.messaging.models import InboundMessage, OutboundMessage
from radflow.messaging.selectors import (
    IN,
    OUT,
    MessageRow,
    as_row,
    inbound_rows,
    outbound_rows,
)

PAGE = 50
MOST = 10_000
SEARCHED = 5_000
SEARCH_HOURS = 24
_ORDERS = 200


@dataclass(frozen=True)
class Wanted:
    """Empty means any; `hours` counts back from now."""

    direction: str = ""
    control_id: str = ""
    message_type: str = ""
    accession: str = ""
    patient_id: str = ""
    text: str = ""
    find: str = ""
    peer: int | None = None
    hours: int | None = None
    states: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def start(self) -> datetime | None:
        """A text is searched within a day where no time is asked for."""
        hours = self.hours or (SEARCH_HOURS if self.text and not self.since else None)
        return timezone.now() - timedelta(hours=hours) if hours else self.since


@dataclass(frozen=True)
class Position:
    """After the last row seen of each table; 0: that table from its newest."""

    inbound: int = 0
    outbound: int = 0

    @classmethod
    def read(cls, text: str) -> Position:
        parts = text.split(".")
        if len(parts) != 2 or not all(p.isascii() and p.isdigit() for p in parts):
            return cls()
        return cls(*(min(int(part), 2**62) for part in parts))

    def __str__(self) -> str:
        return f"{self.inbound}.{self.outbound}"


@dataclass
class Found:
    """`older` is where the next page begins; `is_cut` says a search ran out."""

    rows: list[MessageRow] = field(default_factory=list)
    older: Position | None = None
    is_cut: bool = False


def browse(wanted: Wanted, at: Position, *, size: int = PAGE) -> Found:
    """One page, newest first; with a text as many rows as the budget finds."""
    tables = {
        name: _after(table, _seen(at, name)) for name, table in _tables(wanted).items()
    }
    lasts: dict[str, int] = {}
    is_cut = False
    if wanted.text:
        for name, table in tables.items():
            tables[name], last = _holding(table, wanted.text)
            if last:
                lasts[name], is_cut = last, True
    rows = _newest(tables, size + 1)
    if len(rows) > size:
        return Found(rows[:size], _end(rows[:size], at))
    if is_cut:
        return Found(rows, _passed(at, lasts), is_cut=True)
    return Found(rows)


def count(wanted: Wanted) -> tuple[int, bool]:
    """How many there are, and whether there are more than that; no text search."""
    total = 0
    for table in _tables(wanted).values():
        total += table.order_by()[: MOST + 1].count()
    return min(total, MOST), total > MOST


def _tables(wanted: Wanted) -> dict[str, QuerySet[Any, Any]]:
    both = {
        IN: _inbound(wanted, inbound_rows()),
        OUT: _outbound(wanted, outbound_rows()),
    }
    return {name: both[name] for name in both if wanted.direction in ("", name)}


def _common(wanted: Wanted, found: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    if wanted.control_id:
        found = found.filter(control_id=wanted.control_id)
    if wanted.message_type:
        found = found.filter(message_type=wanted.message_type)
    if wanted.peer is not None:
        found = found.filter(peer=wanted.peer)
    if wanted.states:
        found = found.filter(state__in=wanted.states)
    return found


def _inbound(wanted: Wanted, found: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    found = _common(wanted, found)
    if wanted.accession:
        keys = Q(keys__contains=[f"O:{wanted.accession}"])
        orders = Q(order_ids__overlap=_orders(wanted.accession))
        found = _named(found, keys | orders)
    if wanted.patient_id:
        found = _named(found, Q(keys__contains=[f"P:{wanted.patient_id}"]))
    if wanted.find:
        keys = Q(keys__overlap=[f"O:{wanted.find}", f"P:{wanted.find}"])
        found = _named(found, keys | Q(control_id=wanted.find))
    if wanted.start:
        found = found.filter(received_at__gte=wanted.start)
    if wanted.until:
        found = found.filter(received_at__lt=wanted.until)
    return found


def _outbound(wanted: Wanted, found: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Ours carry no keys of their own: they are found by the orders they speak of."""
    found = _common(wanted, found)
    if wanted.accession:
        found = _named(found, Q(order_ids__overlap=_orders(wanted.accession)))
    if wanted.patient_id:
        ids = _order_ids([f"P:{wanted.patient_id}"])
        found = _named(found, Q(order_ids__overlap=ids))
    if wanted.find:
        ids = _order_ids([f"O:{wanted.find}", f"P:{wanted.find}"])
        found = _named(found, Q(control_id=wanted.find) | Q(order_ids__overlap=ids))
    if wanted.start:
        found = found.filter(created_at__gte=wanted.start)
    if wanted.until:
        found = found.filter(created_at__lt=wanted.until)
    return found


def _named(found: QuerySet[Any, Any], which: Q) -> QuerySet[Any, Any]:
    """Those of one number, which are few: asked in order and with a limit the database
    would rather read the whole table from its end."""
    ids = found.model.objects.filter(which).order_by().values_list("pk", flat=True)
    return found.filter(pk__in=list(ids))


def _orders(number: str) -> list[int]:
    return _order_ids([f"O:{number}"])


def _order_ids(keys: list[str]) -> list[int]:
    """The orders that messages with one of these keys touched."""
    found = InboundMessage.objects.filter(keys__overlap=keys).order_by("-id")
    lists = found.values_list("order_ids", flat=True)[:_ORDERS]
    return sorted({one for ids in lists for one in ids})


def _seen(at: Position, direction: str) -> int:
    return at.inbound if direction == IN else at.outbound


def _after(table: QuerySet[Any, Any], seen: int) -> QuerySet[Any, Any]:
    return table.filter(pk__lt=seen) if seen else table


def _newest(tables: dict[str, QuerySet[Any, Any]], size: int) -> list[MessageRow]:
    """Each table gives what could all be its own; the newest of both are kept."""
    rows = [
        as_row(values)
        for table in tables.values()
        for values in table.order_by("-id")[:size]
    ]
    return sorted(rows, key=lambda row: (row.at, row.id), reverse=True)[:size]


def _end(rows: list[MessageRow], at: Position) -> Position:
    lasts = {
        name: min((row.id for row in rows if row.direction == name), default=0)
        for name in (IN, OUT)
    }
    return _passed(at, lasts)


def _passed(at: Position, lasts: dict[str, int]) -> Position:
    return Position(lasts.get(IN) or at.inbound, lasts.get(OUT) or at.outbound)


def _holding(table: QuerySet[Any, Any], text: str) -> tuple[QuerySet[Any, Any], int]:
    """Those of the newest SEARCHED that hold the text; where that ended, if it did."""
    ids = list(table.order_by("-id").values_list("id", flat=True)[:SEARCHED])
    model = table.model
    where = "position(%s in raw) > 0"
    held = model.objects.filter(pk__in=ids).extra(where=[where], params=[text.encode()])
    kept = list(held.order_by("-id").values_list("id", flat=True)[: PAGE + 1])
    return table.filter(pk__in=kept), ids[-1] if len(ids) == SEARCHED else 0


def message_at(reference: str) -> InboundMessage | OutboundMessage | None:
    """The message of `in-7` or `out-9`."""
    direction, _, number = reference.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    if direction == IN:
        return InboundMessage.objects.select_related("peer").filter(pk=number).first()
    if direction == OUT:
        return OutboundMessage.objects.select_related("peer").filter(pk=number).first()
    return None
