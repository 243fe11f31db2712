"""Wake-ups for the workers: each drains what the database holds, then ends."""

from __future__ import annotations

import time

from celery import shared_task

from radflow.messaging import nudge
from radflow.messaging.drain import drain
from radflow.messaging.relay import relay

SLICE_SECONDS = 20.0


@shared_task(name=nudge.DRAIN)  # type: ignore[untyped-decorator]
def drain_inbox() -> None:
    until = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < until:
        if drain(100) < 100:
            return
    nudge.now(nudge.DRAIN)


@shared_task(name=nudge.RELAY)  # type: ignore[untyped-decorator]
def relay_outbox() -> None:
    until = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < until:
        if relay(100) < 100:
            return
    nudge.now(nudge.RELAY)
