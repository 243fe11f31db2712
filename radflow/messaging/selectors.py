"""Reading messages of both directions as one list, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import CharField, F, QuerySet, Value
from django.utils.translation import gettext_noop

from radflow.messaging.models import InboundMessage, OutboundMessage, OutboundState

IN, OUT = gettext_noop("in"), gettext_noop("out")
_COLUMNS = (
    "id",
    "control_id",
    "message_type",
    "state",
    "order_ids",
    "error_code",
    "error_location",
    "error_text",
    "ack_code",
)


@dataclass(frozen=True)
class MessageFilter:
    """Empty means any."""

    direction: str = ""
    control_id: str = ""
    state: str = ""
    message_type: str = ""


@dataclass(frozen=True)
class MessageRow:
    """One message as a line; `reference` (`in-7`, `out-9`) is its id outside."""

    direction: str
    id: int
    control_id: str
    message_type: str
    state: str
    at: datetime
    order_ids: list[int]
    error_code: str
    error_location: str
    error_text: str
    ack_code: str
    sending_application: str
    sending_facility: str
    peer_name: str | None

    @property
    def reference(self) -> str:
        return f"{self.direction}-{self.id}"


class MessageList:
    """Both tables as one list; a page reads no more of each than it can show."""

    def __init__(self, tables: Sequence[QuerySet[Any, dict[str, Any]]]) -> None:
        self._tables = tables

    def count(self, most: int | None = None) -> int:
        """Of each table no more than `most` and one."""
        stop = None if most is None else most + 1
        return sum(table[:stop].count() for table in self._tables)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[MessageRow]:
        if part.stop == 0:  # a union of empty queries has no order
            return []
        first, *others = [table.order_by("-id") for table in self._tables]
        if others:
            heads = [table[: part.stop] for table in others]
            both = first[: part.stop].union(*heads, all=True)
            first = both.order_by("-at", "-id")
        return [as_row(values) for values in first[part]]


def messages(wanted: MessageFilter) -> MessageList:
    inbound = _filtered(inbound_rows(), wanted)
    outbound = _filtered(outbound_rows(), wanted)
    by_direction = {IN: [inbound], OUT: [outbound]}
    return MessageList(by_direction.get(wanted.direction, [inbound, outbound]))


def waiting_behind(message: OutboundMessage) -> int:
    """How many cannot go before this one has ended."""
    later = OutboundMessage.objects.filter(
        peer=message.peer_id, key=message.key, pk__gt=message.pk
    )
    return later.filter(state__in=[OutboundState.QUEUED, OutboundState.SENT]).count()


def as_row(values: dict[str, Any]) -> MessageRow:
    return MessageRow(**values)


def _filtered(found: QuerySet[Any, Any], wanted: MessageFilter) -> QuerySet[Any, Any]:
    for name in ("control_id", "state", "message_type"):
        if value := getattr(wanted, name).replace("\0", ""):
            found = found.filter(**{name: value})
    return found


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())


def inbound_rows() -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = InboundMessage.objects.order_by().values(
        *_COLUMNS,
        "sending_application",
        "sending_facility",
        direction=_text(IN),
        at=F("received_at"),
        peer_name=F("peer__name"),
    )
    return found


def outbound_rows() -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = OutboundMessage.objects.order_by().values(
        *_COLUMNS,
        sending_application=_text(settings.HL7_APPLICATION),
        sending_facility=_text(settings.HL7_FACILITY),
        direction=_text(OUT),
        at=F("created_at"),
        peer_name=F("peer__name"),
    )
    return found


def row_of(message: InboundMessage | OutboundMessage) -> MessageRow:
    """The same line for one message at hand."""
    kind = inbound_rows() if isinstance(message, InboundMessage) else outbound_rows()
    return as_row(kind.get(pk=message.pk))


def readable(raw: bytes) -> str:
    """Bytes as text for a screen, one segment a line; never fails."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "␀")
