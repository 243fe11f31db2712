"""Everything that waits for a person: parked, refused, dead; the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from radflow.messaging.models import (
    InboundMessage,
    InboundState,
    MessageNote,
    OutboundMessage,
    OutboundState,
)
from radflow.messaging.routes import own

OPEN_OUT = (OutboundState.REFUSED, OutboundState.DEAD)
MOST = 500


@dataclass(frozen=True)
class Filter:
    """Empty means any; `owner` is a number, or `none`."""

    owner: str = ""
    peer: str = ""
    code: str = ""


@dataclass(frozen=True)
class Item:
    """One message as a line of the desk; `since` is when it stopped."""

    direction: str
    id: int
    state: str
    since: datetime
    message_type: str
    control_id: str
    peer: str
    code: str
    location: str
    text: str
    owner_id: int | None
    owner: str
    comment: str
    behind: int

    @property
    def reference(self) -> str:
        return f"{self.direction}-{self.id}"


def items(wanted: Filter) -> list[Item]:
    """At most MOST of each direction, oldest first; three queries and one more."""
    inbound = list(_filtered(_inbound(), wanted))
    outbound = list(_filtered(_outbound(), wanted))
    behind = _behind(inbound)
    found = [_item("in", row, behind.get(row["id"], 0)) for row in inbound]
    found += [_item("out", row, row["behind"]) for row in outbound]
    return sorted(found, key=lambda item: item.since)


def _filtered(
    found: QuerySet[Any, dict[str, Any]], wanted: Filter
) -> QuerySet[Any, dict[str, Any]]:
    if wanted.owner == "none":
        found = found.filter(owner=None)
    elif wanted.owner.isdigit():
        found = found.filter(owner_id=int(wanted.owner))
    if wanted.peer.isdigit():
        found = found.filter(peer_id=int(wanted.peer))
    if wanted.code:
        found = found.filter(error_code=wanted.code.replace("\0", ""))
    return found.order_by("id")[:MOST]


_COLUMNS = (
    "id",
    "state",
    "message_type",
    "control_id",
    "error_code",
    "error_location",
    "error_text",
    "owner_id",
    "owner__first_name",
    "owner__last_name",
)


def _comment(column: str) -> Coalesce:
    said = MessageNote.objects.filter(**{column: OuterRef("pk")})
    said = said.filter(kind=MessageNote.Kind.COMMENT).order_by("-id")
    return Coalesce(Subquery(said.values("text")[:1]), Value(""))


def _inbound() -> QuerySet[Any, dict[str, Any]]:
    found: QuerySet[Any, dict[str, Any]] = InboundMessage.objects.filter(
        state=InboundState.PARKED
    ).values(
        *_COLUMNS,
        "keys",
        "holds",
        since=Coalesce("parked_at", "received_at"),
        peer_name=F("peer__name"),
        comment=_comment("inbound"),
    )
    return found


def _outbound() -> QuerySet[Any, dict[str, Any]]:
    later = OutboundMessage.objects.filter(
        peer=OuterRef("peer"),
        key=OuterRef("key"),
        pk__gt=OuterRef("pk"),
        state__in=[OutboundState.QUEUED, OutboundState.SENT],
    )
    counted = later.order_by().values("key").annotate(n=Count("pk")).values("n")
    found: QuerySet[Any, dict[str, Any]] = OutboundMessage.objects.filter(
        state__in=OPEN_OUT
    ).values(
        *_COLUMNS,
        since=F("created_at"),
        peer_name=F("peer__name"),
        comment=_comment("outbound"),
        behind=Coalesce(Subquery(counted), 0),
    )
    return found


def _behind(rows: Sequence[dict[str, Any]]) -> dict[int, int]:
    """By parked message how many wait for it, of the oldest MOST that wait at all."""
    holders = [(row["id"], set(own(row["keys"]))) for row in rows if row["holds"]]
    if not holders:
        return {}
    waiting = InboundMessage.objects.filter(state=InboundState.RECEIVED)
    counts: dict[int, int] = {}
    for pk, keys in waiting.order_by("id").values_list("pk", "keys")[:MOST]:
        mine = set(own(keys))
        for holder, held in holders:
            if holder < pk and held & mine:
                counts[holder] = counts.get(holder, 0) + 1
    return counts


def _item(direction: str, row: dict[str, Any], behind: int) -> Item:
    owner = f"{row['owner__first_name'] or ''} {row['owner__last_name'] or ''}".strip()
    return Item(
        direction=direction,
        id=row["id"],
        state=row["state"],
        since=row["since"],
        message_type=row["message_type"],
        control_id=row["control_id"],
        peer=row["peer_name"] or "",
        code=row["error_code"],
        location=row["error_location"],
        text=row["error_text"],
        owner_id=row["owner_id"],
        owner=owner,
        comment=row["comment"],
        behind=behind,
    )
