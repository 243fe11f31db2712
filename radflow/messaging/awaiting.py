"""Senders that wait for a result: told when the worker's transaction has committed."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from datetime import UTC, datetime

from django.db import DatabaseError, InterfaceError, connection

from radflow.messaging.results import CHANNEL
from radflow.messaging.text import trace

logger = logging.getLogger(__name__)

# The longest that a notification, should it be lost, can delay an answer.
LOOK_SECONDS = 0.5
Waiters = list["asyncio.Future[bytes]"]

_ANSWERED = """
SELECT id, ack_raw FROM messaging_inbound
WHERE id = ANY(%s) AND state <> 'received' AND ack_code <> ''
"""


class Results:
    """`await result(message_id, due_at)`; None when it is not known in time.

    A thread with a connection of its own listens, and looks twice a second besides;
    while nobody waits it sleeps.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: dict[int, Waiters] = defaultdict(list)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    async def result(self, message_id: int, due_at: datetime) -> bytes | None:
        future: asyncio.Future[bytes] = self._loop.create_future()
        with self._lock:
            self._waiting[message_id].append(future)
        self._wake.set()
        left = (due_at - datetime.now(UTC)).total_seconds()
        try:
            return await asyncio.wait_for(future, max(0.0, left))
        except TimeoutError:
            return None
        finally:
            self._forget(message_id, future)

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()
        self._thread.join()

    def _forget(self, message_id: int, future: asyncio.Future[bytes]) -> None:
        with self._lock:
            waiters = self._waiting.get(message_id, [])
            if future in waiters:
                waiters.remove(future)
            if not waiters:
                self._waiting.pop(message_id, None)

    def _run(self) -> None:
        while not self._stopped:
            try:
                self._look_on()
            except (DatabaseError, InterfaceError) as error:
                logger.error("results not read: %s", trace(error))
                connection.close()
                self._wake.clear()
                self._wake.wait(LOOK_SECONDS)
        connection.close()

    def _look_on(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        while not self._stopped:
            wanted = self._wanted()
            if not wanted:
                self._wake.wait()
                self._wake.clear()
                continue
            self._deliver(wanted)
            for _ in connection.connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                break

    def _wanted(self) -> list[int]:
        with self._lock:
            return list(self._waiting)

    def _deliver(self, wanted: list[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_ANSWERED, [wanted])
            for message_id, raw in cursor.fetchall():
                self._loop.call_soon_threadsafe(self._settle, message_id, bytes(raw))

    def _settle(self, message_id: int, raw: bytes) -> None:
        with self._lock:
            waiters = self._waiting.pop(message_id, [])
        for future in waiters:
            if not future.done():
                future.set_result(raw)
