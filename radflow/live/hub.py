"""One reader of the events table per web process, feeding all its sockets.

The table is the truth: the hub reads `seq > cursor` when woken and at least every
second, so hints arrive in order and without gaps even while Redis is away.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import dataclass, field

from channels.layers import get_channel_layer
from django.db import DatabaseError
from redis.exceptions import RedisError

from radflow.live import selectors
from radflow.live.topics import is_audible
from radflow.live.wake import GROUP

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
REJOIN_SECONDS = 3600.0
QUEUE_LIMIT = 1000  # a socket that lags by more is closed and catches up by cursor


@dataclass(eq=False)
class Listener:
    """One socket: what it may hear, and the texts that wait for it."""

    roots: frozenset[str]
    queue: asyncio.Queue[str | None] = field(
        default_factory=lambda: asyncio.Queue(QUEUE_LIMIT)
    )

    def offer(self, topic: str, text: str) -> None:
        if not is_audible(topic, self.roots):
            return
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            self._give_up()

    def _give_up(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """Fans out numbered events; started by the first socket of an event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.listeners: set[Listener] = set()
        self._wake = asyncio.Event()
        self._cursor: int | None = None
        self._ready = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._follow_layer()),
            asyncio.create_task(self._read()),
        ]

    async def join(self, listener: Listener) -> None:
        """From here on the listener gets every audible event after the cursor."""
        await self._ready.wait()
        self.listeners.add(listener)

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)

    async def _follow_layer(self) -> None:
        while True:
            try:
                await self._hear_wakes()
            except (OSError, RedisError) as error:
                logger.warning("live layer away: %s", type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)

    async def _hear_wakes(self) -> None:
        """A member of the group for an hour; then joined anew, should it forget us."""
        layer = get_channel_layer()
        assert layer is not None  # settings name one
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        with suppress(TimeoutError):
            async with asyncio.timeout(REJOIN_SECONDS):
                while True:
                    await layer.receive(channel)
                    self._wake.set()
        await layer.group_discard(GROUP, channel)

    async def _read(self) -> None:
        while True:
            try:
                await self._read_once()
            except DatabaseError as error:
                logger.warning("live events not read: %s", type(error).__name__)
            try:
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
            except TimeoutError:
                continue
            self._wake.clear()

    async def _read_once(self) -> None:
        if self._cursor is None:
            self._cursor = await selectors.newest_seq_async()
            self._ready.set()
        while events := await selectors.events_after_async(self._cursor):
            for event in events:
                self._cursor = event["seq"]
                text = json.dumps(event)
                for listener in tuple(self.listeners):
                    listener.offer(event["topic"], text)


_hub: Hub | None = None


def hub() -> Hub:
    """The hub of the running event loop."""
    global _hub
    if _hub is None or _hub.loop is not asyncio.get_running_loop():
        _hub = Hub()
    return _hub
