"""Wake-ups for the workers: each drains what the database holds, then ends."""

from __future__ import annotations

import time

from celery import shared_task

from radflow.messaging import nudge
from radflow.messaging.channels.alarms import sweep_channels
from radflow.messaging.channels.gaps import learn_gaps_again
from radflow.messaging.conformance import check_new
from radflow.messaging.drain import drain
from radflow.messaging.handling.bulk import continue_bulks
from radflow.messaging.handling.retention import prune
from radflow.messaging.relay import relay

SLICE_SECONDS = 20.0


@shared_task(name=nudge.DRAIN)  # type: ignore[untyped-decorator]
def drain_inbox() -> None:
    until = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < until:
        if drain(100) < 100:
            return
    nudge.now(nudge.DRAIN)


@shared_task(name=nudge.BULK)  # type: ignore[untyped-decorator]
def replay_bulk() -> None:
    continue_bulks()


@shared_task(name=nudge.RELAY)  # type: ignore[untyped-decorator]
def relay_outbox() -> None:
    until = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < until:
        if relay(100) < 100:
            return
    nudge.now(nudge.RELAY)


@shared_task(name="radflow.messaging.tasks.watch_channels")  # type: ignore[untyped-decorator]
def watch_channels() -> None:
    sweep_channels()


@shared_task(name="radflow.messaging.tasks.learn_silence")  # type: ignore[untyped-decorator]
def learn_silence() -> None:
    learn_gaps_again()


@shared_task(name="radflow.messaging.tasks.check_conformance")  # type: ignore[untyped-decorator]
def check_conformance() -> None:
    check_new()


@shared_task(name="radflow.messaging.tasks.prune_messages")  # type: ignore[untyped-decorator]
def prune_messages() -> None:
    prune()
