"""A server on a free port, and a sender at the other end of the line."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Any

from radflow.hl7.framing import FrameReader, frame
from radflow.hl7.server import Connection, MLLPServer

WAIT = 10.0


async def echo(raw: bytes, connection: Connection) -> bytes:
    assert connection.host == "127.0.0.1"
    return b"got " + raw


@asynccontextmanager
async def running(
    handler: Any = echo, ssl: SSLContext | None = None, **options: Any
) -> AsyncIterator[MLLPServer]:
    server = MLLPServer(handler, **options)
    await server.start("127.0.0.1", 0, ssl=ssl)
    try:
        yield server
    finally:
        await server.stop(grace=WAIT)


class Caller:
    """One connection, as a sender has it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reader = reader
        self.writer = writer
        self._frames = FrameReader()
        self._got: list[bytes] = []

    async def receive(self) -> bytes | None:
        """The next answer, or None when the other side has closed."""
        async with asyncio.timeout(WAIT):
            while not self._got:
                data = await self.reader.read(65536)
                if not data:
                    return None
                self._got += self._frames.feed(data)
        return self._got.pop(0)

    async def ask(self, payload: bytes) -> bytes | None:
        self.writer.write(frame(payload))
        return await self.receive()


@asynccontextmanager
async def call(server: MLLPServer, **options: Any) -> AsyncIterator[Caller]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, **options)
    try:
        yield Caller(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
