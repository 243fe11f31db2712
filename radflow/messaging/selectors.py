"""Reading messages of both directions as one list, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import CharField, F, QuerySet, Value

from radflow.messaging.models import InboundMessage, OutboundMessage

IN, OUT = "in", "out"
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


def messages(wanted: MessageFilter) -> QuerySet[Any, dict[str, Any]]:
    """Dictionaries of MessageRow's fields; slice it, then `as_row` each."""
    inbound = _filtered(_inbound(), wanted)
    outbound = _filtered(_outbound(), wanted)
    if wanted.direction == IN:
        found = inbound
    elif wanted.direction == OUT:
        found = outbound
    else:
        found = inbound.union(outbound, all=True)
    return found.order_by("-at", "-id")


def as_row(values: dict[str, Any]) -> MessageRow:
    return MessageRow(**values)


def _filtered(found: QuerySet[Any, Any], wanted: MessageFilter) -> QuerySet[Any, Any]:
    for name in ("control_id", "state", "message_type"):
        if value := getattr(wanted, name).replace("\0", ""):
            found = found.filter(**{name: value})
    return found


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())


def _inbound() -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = InboundMessage.objects.order_by().values(
        *_COLUMNS,
        "sending_application",
        "sending_facility",
        direction=_text(IN),
        at=F("received_at"),
        peer_name=F("peer__name"),
    )
    return found


def _outbound() -> QuerySet[Any, Any]:
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
    kind = _inbound() if isinstance(message, InboundMessage) else _outbound()
    return as_row(kind.get(pk=message.pk))


def readable(raw: bytes) -> str:
    """Bytes as text for a screen, one segment a line; never fails."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "␀")
