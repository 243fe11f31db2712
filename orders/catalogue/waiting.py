"""Codes that the catalogue does not know, with the orders and messages that wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Min, QuerySet

from orders.hl7.profiles import mapping_for
from orders.hl7.requests import UNSPECIFIED, Reader
from orders.lifecycle import ExamState
from orders.models import Order
from orders.requests import Code
from orders.services.completing import UNMAPPED
from radflow.hl7.errors import HL7Error
from radflow.hl7.groups import order_groups
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import InboundMessage, InboundState, Peer
from radflow.messaging.parking import read

MOST_MESSAGES = 500
# How a message is parked whose modality (OBR-24) is RAD and whose code is unknown.
_PARKED_CODE = "103"


@dataclass
class Unknown:
    """One code of one sender; `messages` are parked and have made no order yet."""

    peer: Peer | None
    asked: Code
    orders: int = 0
    oldest: datetime | None = None
    messages: list[int] = field(default_factory=list)

    def add(self, other: datetime) -> None:
        self.oldest = min(filter(None, (self.oldest, other)))


def waiting_orders() -> QuerySet[Order]:
    return Order.objects.filter(
        modality="",
        needs_attention__startswith=UNMAPPED,
        status__in=[ExamState.ORDERED, ExamState.ON_HOLD],
    )


def waiting_code_count() -> int:
    """Without those of parked messages: these count as problems of the interface."""
    codes = waiting_orders().order_by().values("peer", "procedure_code")
    return codes.values("peer", "procedure_code", "procedure_system").distinct().count()


def unknown_codes() -> list[Unknown]:
    """What most wait for first."""
    found: dict[tuple[int | None, str, str], Unknown] = {}
    _gather_orders(found)
    for row, peer, asked in _parked():
        key = (peer.pk, asked.code, asked.system)
        entry = found.setdefault(key, Unknown(peer, asked))
        entry.messages.append(row.pk)
        entry.add(row.received_at)
    return sorted(
        found.values(),
        key=lambda one: (-one.orders - len(one.messages), one.asked.code),
    )


def _gather_orders(found: dict[tuple[int | None, str, str], Unknown]) -> None:
    names = ("peer", "procedure_code", "procedure_system")
    groups = waiting_orders().order_by().values(*names)
    counted = groups.annotate(
        n=Count("id"), since=Min("created_at"), text=Max("procedure_text")
    )
    peers = Peer.objects.in_bulk()
    for row in counted:
        asked = Code(row["procedure_code"], row["text"], row["procedure_system"])
        found[row["peer"], asked.code, asked.system] = Unknown(
            peers.get(row["peer"]), asked, row["n"], row["since"]
        )


def _parked() -> Iterator[tuple[InboundMessage, Peer, Code]]:
    """Each unknown code of the parked messages, the oldest first."""
    rows = InboundMessage.objects.filter(
        state=InboundState.PARKED, error_code=_PARKED_CODE, pruned_at=None
    ).exclude(peer=None)
    for row in rows.select_related("peer").order_by("id")[:MOST_MESSAGES]:
        for asked in _codes_of(row):
            assert row.peer is not None
            yield row, row.peer, asked


def _codes_of(row: InboundMessage) -> list[Code]:
    """Of the orders that say RAD; a message that cannot be read has none."""
    try:
        inbound = read(row)
        mapping = mapping_for(inbound.peer, inbound.message)
        readers = [
            Reader(group, inbound.message, mapping, inbound.peer)
            for group in order_groups(inbound.message)
        ]
    except (Parked, HL7Error):
        return []
    found = [
        reader.procedure()
        for reader in readers
        if reader.value(mapping.modality).upper() == UNSPECIFIED
    ]
    return list(dict.fromkeys(found))
