"""An asyncio MLLP listener: bounded, ordered, and disturbed by no single sender.

A connection's messages are handled at most `IN_FLIGHT` at a time and answered in
the order in which they came, so a pipelining sender shares group commits.
"""

from __future__ import annotations

import asyncio
import ssl as tls
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from radflow.hl7.connection import Connection
from radflow.hl7.framing import MAX_BYTES
from radflow.hl7.session import Session

__all__ = ["Connection", "Limits", "MLLPServer"]

Handler = Callable[[bytes, Connection], Coroutine[Any, Any, bytes | None]]


@dataclass(frozen=True)
class Limits:
    """Seconds and counts; a sender beyond them is closed, others are not disturbed.

    `crowds` are addresses that many senders share, such as a proxy's: they count
    among all connections only.
    `frame_timeout` bounds one whole block however slowly it trickles in, and how long
    a sender may leave its answers unread.
    """

    max_bytes: int = MAX_BYTES
    max_connections: int = 64
    max_per_address: int = 8
    crowds: frozenset[str] = frozenset()
    idle_timeout: float = 3600.0
    frame_timeout: float = 30.0


@dataclass
class Counts:
    """What this port has seen since it opened."""

    blocks: int = 0
    refused: int = 0
    discarded: int = 0


class MLLPServer:
    """`handler` gives the answer, or None for none; when it raises, the connection is
    closed without one, and the sender will send again. `too_large` answers an
    overlong block from its head; the connection is closed after that.

    With `release2` every block is first answered by a commit acknowledgement, once
    its handler has returned, or by a negative one where that raised.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        limits: Limits | None = None,
        too_large: Handler | None = None,
        release2: bool = False,
    ) -> None:
        self.handler = handler
        self.release2 = release2
        self.counts = Counts()
        self.too_large = too_large
        self.limits = limits or Limits()
        self._server: asyncio.Server | None = None
        self._watch: asyncio.Task[None] | None = None
        self._per_address: Counter[str] = Counter()
        self._sessions: set[Session] = set()
        self._ending = False

    async def start(
        self, host: str, port: int, *, ssl: tls.SSLContext | None = None
    ) -> None:
        """With `ssl` the connections are TLS, and who fails its handshake is none."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Session(self),
            host,
            port,
            ssl=ssl,
            # Who has not shaken hands is no session yet, and counts in no limit.
            ssl_handshake_timeout=self.limits.frame_timeout if ssl else None,
            backlog=512,
        )
        self._watch = asyncio.create_task(self._keep_time())

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        return self._per_address.total()

    async def stop(self, *, grace: float = 10.0) -> None:
        """Take no more, answer what was received, then close; cut off after `grace`."""
        if self._server is None:
            return
        self._ending = True
        self._server.close()
        if self._watch is not None:
            self._watch.cancel()
        ends = [session.finish() for session in list(self._sessions)]
        if ends:
            await asyncio.wait(ends, timeout=grace)
        for session in list(self._sessions):
            session.abort()
        await self._server.wait_closed()
        self._server = None

    def admit(self, session: Session, host: str) -> bool:
        """Whether there is room for another connection from this address.

        One that the system had accepted before the port closed comes too late.
        """
        if self._ending:
            return False
        if self.connections >= self.limits.max_connections or self._crowded(host):
            self.counts.refused += 1
            return False
        self._per_address[host] += 1
        self._sessions.add(session)
        return True

    def _crowded(self, host: str) -> bool:
        full = self._per_address[host] >= self.limits.max_per_address
        return full and host not in self.limits.crowds

    def release(self, host: str) -> None:
        self._per_address[host] -= 1
        if not self._per_address[host]:
            del self._per_address[host]

    def forget(self, session: Session) -> None:
        self._sessions.discard(session)

    async def _keep_time(self) -> None:
        """One clock for all connections: no timer has to be set for each message."""
        loop = asyncio.get_running_loop()
        while True:
            limits = self.limits
            await asyncio.sleep(min(limits.idle_timeout, limits.frame_timeout, 4.0) / 4)
            for session in list(self._sessions):
                session.check_time(loop.time())
