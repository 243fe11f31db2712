"""Several parked messages put back by one decision, in the order of their arrival.

A worker does it; how far it came is in the row, so another goes on where one falls.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.live import services as live
from radflow.messaging import nudge
from radflow.messaging.exceptions import WrongState
from radflow.messaging.handling.dry_run import dry_run
from radflow.messaging.handling.replay import replay
from radflow.messaging.models import BulkReplay, InboundMessage, InboundState

MOST = 1000
TRIED = 50
TRY_SECONDS = 5.0


@dataclass
class Preview:
    """What a sample of them would come to; nothing was written."""

    total: int
    tried: int = 0
    would_apply: int = 0
    parked: Counter[str] = field(default_factory=Counter)


def parked_among(ids: Sequence[int]) -> list[int]:
    """Those that can be replayed, oldest first, at most MOST."""
    found = InboundMessage.objects.filter(pk__in=ids, state=InboundState.PARKED)
    return list(found.order_by("pk").values_list("pk", flat=True)[:MOST])


def preview(ids: Sequence[int]) -> Preview:
    """Each by itself: what an earlier one would change for a later is not seen."""
    seen = Preview(total=len(ids))
    until = time.monotonic() + TRY_SECONDS
    for message_id in ids[:TRIED]:
        if time.monotonic() > until:
            break
        found = dry_run(message_id)
        seen.tried += 1
        seen.would_apply += found.would_apply
        if not found.would_apply:
            seen.parked[found.code] += 1
    return seen


@transaction.atomic
def start_bulk(*, ids: Sequence[int], reason: str, by: User) -> BulkReplay:
    """Raises ValueError where none of them is parked, or no reason is given."""
    wanted = parked_among(ids)
    if not wanted:
        raise ValueError(_("None of these messages is parked any more."))
    if not reason.strip():
        raise ValueError(_("Say why; it is kept with each message."))
    bulk = BulkReplay.objects.create(
        message_ids=wanted, reason=reason.strip()[:200], requested_by=by
    )
    detail = {"bulk": bulk.pk, "messages": len(wanted)}
    audit.record("bulk_replay_started", actor=by, detail=detail)
    nudge.after_commit(nudge.BULK)
    return bulk


@transaction.atomic
def stop_bulk(*, bulk_id: int, by: User) -> BulkReplay:
    """What is done stays done; the rest is left parked."""
    bulk = BulkReplay.objects.select_for_update().get(pk=bulk_id)
    if bulk.ended_at is None:
        bulk.ended_at = timezone.now()
        bulk.save(update_fields=["ended_at"])
        audit.record("bulk_replay_stopped", actor=by, detail={"bulk": bulk.pk})
        live.publish("bulk", bulk.pk)
    return bulk


def continue_bulks() -> int:
    """Take up what was begun; returns how many messages were put back."""
    count = 0
    for pk in BulkReplay.objects.filter(ended_at=None).values_list("pk", flat=True):
        while _step(pk):
            count += 1
    return count


@transaction.atomic
def _step(bulk_id: int) -> bool:
    """One message; whether there was one. Whoever holds the row works alone."""
    rows = BulkReplay.objects.select_for_update(of=("self",), skip_locked=True)
    bulk = rows.select_related("requested_by").filter(pk=bulk_id, ended_at=None).first()
    if bulk is None:
        return False
    left = bulk.message_ids[bulk.done :]
    if left:
        bulk.failed += not _replayed(left[0], bulk)
        bulk.done += 1
    if len(left) <= 1:
        bulk.ended_at = timezone.now()
    bulk.save(update_fields=["done", "failed", "ended_at"])
    live.publish("bulk", bulk.pk)
    return bool(left)


def _replayed(message_id: int, bulk: BulkReplay) -> bool:
    """False where somebody dealt with it meanwhile."""
    try:
        with transaction.atomic():
            replay(message_id=message_id, reason=bulk.reason, by=bulk.requested_by)
    except WrongState:
        return False
    return True


def outcome(bulk: BulkReplay) -> dict[str, int]:
    """How its messages stand now, by state."""
    taken = bulk.message_ids[: bulk.done]
    states = InboundMessage.objects.filter(pk__in=taken)
    return dict(Counter(states.values_list("state", flat=True)))
