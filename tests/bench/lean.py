"""The reference: a listener that does nothing but commit bytes and say AA.

Same shape as ours (asyncio, one writing thread, group commit), no checks, no Django.
`python -m tests.bench.lean PORT`, with DATABASE_URL set.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from queue import SimpleQueue

import psycopg
import uvloop

VT, END = b"\x0b", b"\x1c\x0d"
Waiting = tuple[bytes, "asyncio.Future[None]"]


class Writer:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: SimpleQueue[Waiting] = SimpleQueue()
        self._connection = psycopg.connect(os.environ["DATABASE_URL"])
        self._connection.execute("CREATE TABLE IF NOT EXISTS lean (raw bytea)")
        self._connection.commit()
        threading.Thread(target=self._run, daemon=True).start()

    async def write(self, raw: bytes) -> None:
        future: asyncio.Future[None] = self._loop.create_future()
        self._queue.put((raw, future))
        await future

    def _run(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < 64 and not self._queue.empty():
                batch.append(self._queue.get())
            self._connection.execute(
                "INSERT INTO lean SELECT unnest(%s::bytea[])",
                [[raw for raw, _ in batch]],
            )
            self._connection.commit()
            self._loop.call_soon_threadsafe(_release, batch)


def _release(batch: list[Waiting]) -> None:
    for _, future in batch:
        future.set_result(None)


async def _serve(port: int) -> None:
    writer = Writer(asyncio.get_running_loop())

    async def handle(
        reader: asyncio.StreamReader, sender: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                raw = await reader.readuntil(END)
                await writer.write(raw)
                control_id = raw.split(b"|", 10)[9]
                head = b"MSH|^~\\&|R|R|E|E|20260101||ACK|1|P|2.3.1\rMSA|AA|"
                sender.write(VT + head + control_id + b"\r" + END)
        except asyncio.IncompleteReadError:
            sender.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
