"""Removing the bytes of what ended well long ago; rows, headers and hashes stay."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from radflow.audit import services as audit
from radflow.messaging.models import (
    InboundMessage,
    InboundState,
    OutboundMessage,
    OutboundState,
)

BATCH = 2000
ENDED_IN = (InboundState.APPLIED, InboundState.DUPLICATE)


def prune() -> int:
    """By the setting; returns of how many messages. Nothing where there is none.

    What failed, and what is under legal hold, is never touched: a trigger sees to it.
    The stored answers of received messages stay, for one that comes again.
    """
    days = settings.RETENTION_DAYS
    if days is None:
        return 0
    before = timezone.now() - timedelta(days=days)
    inbound = _emptied(
        InboundMessage.objects.filter(state__in=ENDED_IN, received_at__lt=before)
    )
    outbound = _emptied(
        OutboundMessage.objects.filter(
            state=OutboundState.ACKNOWLEDGED, acknowledged_at__lt=before
        ),
        ack_raw=b"",
    )
    _record(inbound, outbound, before)
    return inbound + outbound


def _emptied(found: QuerySet[Any], **more: bytes) -> int:
    """In batches of their own transactions, so that nothing waits long."""
    open_ = found.filter(legal_hold=False, pruned_at=None).order_by("pk")
    count = 0
    while True:
        with transaction.atomic():
            locked = open_.select_for_update(skip_locked=True)
            ids = list(locked.values_list("pk", flat=True)[:BATCH])
            same = found.model._default_manager.filter(pk__in=ids)
            same.update(raw=b"", pruned_at=timezone.now(), **more)
        count += len(ids)
        if len(ids) < BATCH:
            return count


def _record(inbound: int, outbound: int, before: datetime) -> None:
    detail = {"inbound": inbound, "outbound": outbound, "before": before.isoformat()}
    audit.record("messages_pruned", actor_text="Retention", detail=detail)
