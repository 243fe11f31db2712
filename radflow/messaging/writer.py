"""The thread that owns the listener's database connection: group commit.

While one transaction commits, the next messages gather; so a burst shares fsyncs
and a lone message waits for nobody.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from queue import SimpleQueue

from django.db import connection

from radflow.messaging.awaiting import Results
from radflow.messaging.intake import Intake, Pending, Received, Reply
from radflow.messaging.results import pending
from radflow.messaging.text import trace

logger = logging.getLogger(__name__)

BATCH = 64
Waiting = tuple[Received, "asyncio.Future[Reply]"]


class InboxWriter:
    """`await write(received)` returns the answer once the message is committed.

    For a peer that is answered with the result: once that is, or its deadline is over.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._results = Results(loop)
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    async def write(self, received: Received) -> bytes | None:
        future: asyncio.Future[Reply] = self._loop.create_future()
        self._queue.put((received, future))
        answer = await future
        return await self._result(answer) if isinstance(answer, Pending) else answer

    async def _result(self, committed: Pending) -> bytes:
        found = await self._results.result(committed.message_id, committed.due_at)
        return pending(committed.raw) if found is None else found

    def stop(self) -> None:
        """Commit what was taken, then end."""
        self._queue.put(None)
        self._thread.join()
        self._results.stop()

    def _run(self) -> None:
        intake = Intake()
        while (first := self._queue.get()) is not None:
            batch = [first]
            while len(batch) < BATCH and not self._queue.empty():
                if (following := self._queue.get()) is None:
                    self._queue.put(None)
                    break
                batch.append(following)
            self._write(intake, batch)
        connection.close()

    def _write(self, intake: Intake, batch: list[Waiting]) -> None:
        """An unforeseen error hits one message, not its neighbours or the listener."""
        try:
            answers = intake.receive([received for received, _ in batch])
        except Exception as error:
            if len(batch) > 1:
                for one in batch:
                    self._write(intake, [one])
                return
            logger.error("a message was not stored: %s", trace(error))
            self._loop.call_soon_threadsafe(_fail, batch[0], error)
        else:
            self._loop.call_soon_threadsafe(_release, batch, answers)


def _fail(waiting: Waiting, error: Exception) -> None:
    """No row, no answer: the server closes the connection, the sender sends again."""
    _, future = waiting
    if not future.done():
        future.set_exception(error)


def _release(batch: list[Waiting], answers: list[Reply]) -> None:
    for (_, future), answer in zip(batch, answers, strict=True):
        if not future.done():
            future.set_result(answer)
