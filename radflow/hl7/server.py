"""An asyncio MLLP listener: bounded, ordered, deaf to nobody because of one.

A connection's messages are handled at most `IN_FLIGHT` at a time and answered in
the order in which they came, so a pipelining sender shares group commits.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl as tls
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from radflow.hl7.framing import MAX_BYTES, FrameReader, FrameTooLarge, frame

logger = logging.getLogger(__name__)

IN_FLIGHT = 64


@dataclass(frozen=True)
class Connection:
    """Where bytes came from, `address` as `host:port`."""

    address: str


Handler = Callable[[bytes, Connection], Awaitable[bytes | None]]


@dataclass(frozen=True)
class Limits:
    """Seconds and counts; a sender beyond them is closed, others are not disturbed."""

    max_bytes: int = MAX_BYTES
    max_connections: int = 256
    max_per_address: int = 64
    idle_timeout: float = 3600.0
    frame_timeout: float = 30.0


class MLLPServer:
    """`handler` gives the answer, or None for none. `too_large` answers an overlong
    block from its head; the connection is closed after that."""

    def __init__(
        self,
        handler: Handler,
        *,
        limits: Limits | None = None,
        too_large: Handler | None = None,
        ssl: tls.SSLContext | None = None,
    ) -> None:
        self._handler = handler
        self._too_large = too_large
        self._limits = limits or Limits()
        self._ssl = ssl
        self._server: asyncio.Server | None = None
        self._per_address: Counter[str] = Counter()
        self._sessions: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> None:
        self._server = await asyncio.start_server(
            self._accept, host, port, ssl=self._ssl, backlog=512
        )

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more, finish what was received, then close."""
        if self._server is None:
            return
        self._server.close()
        for session in list(self._sessions):
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        peer = writer.get_extra_info("peername") or ("unknown", 0)
        task = asyncio.current_task()
        assert task is not None
        if not self._admit(peer[0]):
            logger.warning("MLLP connection refused: too many")
            writer.close()
            return
        self._sessions.add(task)
        try:
            _tune(writer)
            address = Connection(f"{peer[0]}:{peer[1]}")
            await _Session(self, reader, writer, address).run()
        except (OSError, asyncio.CancelledError):
            logger.info("MLLP connection ended")
        finally:
            self._sessions.discard(task)
            self._per_address[peer[0]] -= 1
            writer.close()

    def _admit(self, host: str) -> bool:
        total = sum(self._per_address.values())
        if (
            total >= self._limits.max_connections
            or self._per_address[host] >= self._limits.max_per_address
        ):
            return False
        self._per_address[host] += 1
        return True

    @property
    def limits(self) -> Limits:
        return self._limits

    async def answer(self, payload: bytes, connection: Connection) -> bytes | None:
        return await self._handler(payload, connection)

    async def answer_too_large(
        self, head: bytes, connection: Connection
    ) -> bytes | None:
        return await self._too_large(head, connection) if self._too_large else None


def _tune(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


class _Session:
    """One connection: a reader that starts work, a writer that keeps its order."""

    def __init__(
        self,
        server: MLLPServer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        connection: Connection,
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._connection = connection
        self._frames = FrameReader(server.limits.max_bytes)
        self._answers: asyncio.Queue[asyncio.Task[bytes | None] | None] = asyncio.Queue(
            IN_FLIGHT
        )

    async def run(self) -> None:
        writing = asyncio.create_task(self._write())
        try:
            await self._read()
        finally:
            # Also when the server stops: what was received is still answered.
            await self._answers.put(None)
            await writing

    async def _read(self) -> None:
        while data := await self._receive():
            try:
                payloads = self._frames.feed(data)
            except FrameTooLarge as error:
                await self._queue(
                    self._server.answer_too_large(error.head, self._connection)
                )
                return
            for payload in payloads:
                await self._queue(self._server.answer(payload, self._connection))

    async def _receive(self) -> bytes:
        limits = self._server.limits
        wait = limits.frame_timeout if self._frames.in_block else limits.idle_timeout
        try:
            return await asyncio.wait_for(self._reader.read(65536), wait)
        except TimeoutError:
            logger.info("MLLP connection closed: nothing came in time")
            return b""

    async def _queue(self, work: Awaitable[bytes | None]) -> None:
        await self._answers.put(asyncio.ensure_future(work))

    async def _write(self) -> None:
        while (work := await self._answers.get()) is not None:
            answer = await work
            if answer is not None:
                self._writer.write(frame(answer))
            if self._answers.empty():
                await self._writer.drain()
