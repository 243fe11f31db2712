"""`manage.py hl7 listen`, and without a word: the listener, its own process."""

from __future__ import annotations

import asyncio
import signal

import uvloop

from radflow.messaging import listening


def run() -> None:
    """Until SIGTERM or Ctrl-C; CannotListen where the first port is taken."""
    uvloop.run(_serve())


async def _serve() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await listening.serve(stop)
