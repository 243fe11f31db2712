"""The nudge from a writing process to the web processes, over the channel layer.

It carries nothing and may be lost: readers poll the table every second as well.
So it is sent from a thread of its own and never delays or fails a caller.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

GROUP = "live"


class _Sender:
    """An event loop in a daemon thread; one per process, made after a fork."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def wake(self) -> None:
        asyncio.run_coroutine_threadsafe(_send(), self.loop)


async def _send() -> None:
    layer = get_channel_layer()
    assert layer is not None  # settings name one
    try:
        await layer.group_send(GROUP, {"type": "live.wake"})
    except (OSError, RedisError) as error:
        logger.warning("live wake-up not sent: %s", type(error).__name__)


_lock = threading.Lock()
_sender: _Sender | None = None


def wake() -> None:
    """Tell every web process to read the events table now."""
    global _sender
    with _lock:
        if _sender is None or _sender.pid != os.getpid():
            _sender = _Sender()
    _sender.wake()
