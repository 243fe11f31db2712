"""Every DICOM request that we got, and what we answered: kept as evidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from orders.models import Order, OrderEvent
from radflow.live import services as live
from worklist.models import DicomExchange


@dataclass(frozen=True)
class Request:
    """A request as it came; `dataset` is storable DICOM JSON."""

    kind: str
    calling_ae: str
    called_ae: str
    address: str
    dataset: dict[str, Any]
    at: datetime = field(default_factory=timezone.now)


@dataclass(frozen=True)
class Find:
    """A worklist query, its final status and the orders it was answered with."""

    request: Request
    status: int
    order_ids: tuple[int, ...]
    comment: str = ""


def storable(value: Any) -> Any:
    """DICOM JSON that PostgreSQL takes: no NUL, no lone surrogate, no NaN."""
    if isinstance(value, dict):
        return {key: storable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [storable(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf_8", "replace").decode("utf_8")
    return value


def keep(request: Request, *, status: int, comment: str = "") -> DicomExchange:
    return DicomExchange.objects.create(**_values(request, status, comment, 0))


def _values(
    request: Request, status: int, comment: str, matches: int
) -> dict[str, Any]:
    return {
        "kind": request.kind,
        "at": request.at,
        "calling_ae": storable(request.calling_ae)[:16],
        "called_ae": storable(request.called_ae)[:16],
        "address": request.address[:60],
        "request": request.dataset,
        "status": status,
        "comment": comment[:300],
        "matches": matches,
    }


@transaction.atomic
def keep_finds(finds: Sequence[Find]) -> None:
    """Store queries with what each was answered, and tell timelines the first time."""
    rows = DicomExchange.objects.bulk_create(
        DicomExchange(**_values(f.request, f.status, f.comment, len(f.order_ids)))
        for f in finds
    )
    first: list[OrderEvent] = []
    for find, exchange in zip(finds, rows, strict=True):
        fresh = _count_served(find, exchange)
        first += [_first_seen(order_id, find, exchange) for order_id in fresh]
    OrderEvent.objects.bulk_create(first)
    versions = Order.objects.in_bulk([event.order_id for event in first])
    for order in versions.values():
        live.publish("order", order.pk, order.version)


# In one statement, by ascending order: two writers then wait for each other in line.
_COUNT = """
INSERT INTO worklist_served (order_id, calling_ae, first_at, last_at, times,
                             first_exchange_id, last_exchange_id)
SELECT wanted, %(ae)s, %(at)s, %(at)s, 1, %(exchange)s, %(exchange)s
FROM unnest(%(orders)s::bigint[]) AS wanted ORDER BY wanted
ON CONFLICT (order_id, calling_ae) DO UPDATE SET
    last_at = excluded.last_at, times = worklist_served.times + 1,
    last_exchange_id = excluded.last_exchange_id
RETURNING order_id, times
"""


def _count_served(find: Find, exchange: DicomExchange) -> list[int]:
    """Ids of the orders that this AE title got for the first time."""
    if not find.order_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "ae": exchange.calling_ae,
                "at": find.request.at,
                "exchange": exchange.pk,
                "orders": sorted(set(find.order_ids)),
            },
        )
        return [order_id for order_id, times in cursor.fetchall() if times == 1]


def _first_seen(order_id: int, find: Find, exchange: DicomExchange) -> OrderEvent:
    return OrderEvent(
        order_id=order_id,
        at=find.request.at,
        kind=OrderEvent.Kind.WORKLIST,
        title=f"On the worklist of {exchange.calling_ae}",
        actor=exchange.calling_ae,
        exchange_id=exchange.pk,
    )
