"""One connection of the listener: blocks in, answers out in the same order."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, cast

from radflow.hl7.batch import split_messages
from radflow.hl7.connection import Connection
from radflow.hl7.framing import (
    COMMITTED,
    NOT_COMMITTED,
    FrameReader,
    FrameTooLarge,
    frame,
)
from radflow.hl7.sockets import tune

if TYPE_CHECKING:
    from radflow.hl7.server import Handler, MLLPServer

logger = logging.getLogger(__name__)

IN_FLIGHT = 64
LINGER = 2.0
# How often an answer is sent again to a release 2 sender that could not store it.
RESENDS = 3


class Session(asyncio.Protocol):
    """Handlers run side by side; the head of `_running` is the next answer due.

    Under release 2 one block is handled at a time, as that has one outstanding.
    """

    _transport: asyncio.Transport
    _connection: Connection

    def __init__(self, server: MLLPServer) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._frames = FrameReader(server.limits.max_bytes)
        self._release2 = server.release2
        self._in_flight = 1 if server.release2 else IN_FLIGHT
        self._unstored, self._resends = b"", 0
        self._waiting: deque[tuple[Handler, bytes]] = deque()
        self._running: deque[asyncio.Task[bytes | None]] = deque()
        self._admitted = False
        self._ending = False
        self._linger = False
        self._closing: asyncio.TimerHandle | None = None
        self._lost = False
        self._reading = True
        self._heard = self._block_began = self._loop.time()
        self._unread_since: float | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connection = Connection.of(transport)
        # Asked now: a transport that has closed knows it no longer.
        self._secured = transport.get_extra_info("sslcontext") is not None
        self._admitted = self._server.admit(self, self._connection.host)
        if not self._admitted:
            logger.warning("MLLP connection refused: too many, or the port closes")
            self._transport.abort()
            return
        if (connection := transport.get_extra_info("socket")) is not None:
            tune(connection)

    def data_received(self, data: bytes) -> None:
        if self._ending:
            return
        self._heard = self._loop.time()
        began = self._frames.in_block
        try:
            payloads = self._frames.feed(data)
        except FrameTooLarge as error:
            self._refuse(error)
            return
        if payloads or not began:
            self._block_began = self._heard
        for payload in payloads:
            self._take(payload)
        self._advance()

    def _take(self, payload: bytes) -> None:
        """A block of content, or what a release 2 sender made of our answer."""
        if payload in (COMMITTED, NOT_COMMITTED):
            self._heed(payload)
            return
        self._server.counts.blocks += 1
        if self._release2:
            self._waiting.append((self._commit, payload))
            return
        for message in _apart(payload):
            self._waiting.append((self._server.handler, message))

    async def _commit(self, payload: bytes, connection: Connection) -> bytes:
        """The commit acknowledgement, and after it the answers as blocks."""
        handler = self._server.handler
        answers = [await handler(one, connection) for one in _apart(payload)]
        blocks = b"".join(frame(one) for one in answers if one is not None)
        self._unstored, self._resends = blocks, 0
        return frame(COMMITTED) + blocks

    def _heed(self, word: bytes) -> None:
        if word == COMMITTED or not self._unstored:
            self._unstored = b""
        elif self._resends < RESENDS:
            self._resends += 1
            self._transport.write(self._unstored)
        else:
            logger.warning("MLLP: an answer was refused %d times", RESENDS + 1)
            self._transport.abort()

    def _refuse(self, error: FrameTooLarge) -> None:
        logger.warning("MLLP block too large, connection closed")
        for payload in error.completed:
            self._take(payload)
        if self._server.too_large is not None:
            self._waiting.append((self._overlong, error.head))
        self._linger = True
        self._end()

    async def _overlong(self, head: bytes, connection: Connection) -> bytes | None:
        assert self._server.too_large is not None
        answer = await self._server.too_large(head, connection)
        return frame(NOT_COMMITTED) if self._release2 else answer

    def _advance(self) -> None:
        """Start what may run, write what is due, and read on or wait."""
        self._write_due()
        while self._waiting and len(self._running) < self._in_flight:
            handler, payload = self._waiting.popleft()
            task = self._loop.create_task(handler(payload, self._connection))
            self._running.append(task)
            task.add_done_callback(self._on_done)
        self._balance()

    def _on_done(self, _task: asyncio.Task[bytes | None]) -> None:
        if self._running and self._running[0].done():
            self._advance()

    def _write_due(self) -> None:
        answers = []
        failed = False
        while self._running and self._running[0].done() and not failed:
            task = self._running.popleft()
            failed = _report_failure(task)
            answers.append(self._outgoing(None if failed else task.result(), failed))
        if any(answers) and not self._transport.is_closing():
            self._transport.write(b"".join(answers))
        if failed and not self._release2:
            self._give_up()

    def _outgoing(self, answer: bytes | None, failed: bool) -> bytes:
        if self._release2:
            return frame(NOT_COMMITTED) if failed else answer or b""
        return b"" if answer is None else frame(answer)

    def _give_up(self) -> None:
        """No answer is the truth; later ones must not stand in its place."""
        self._ending = True
        self._waiting.clear()
        for later in self._running:
            later.remove_done_callback(self._on_done)
            later.add_done_callback(_report_failure)
        self._running.clear()

    def _end(self) -> None:
        """Nothing more is read; the connection closes with its last answer."""
        self._ending = True
        self._advance()

    def _balance(self) -> None:
        if not self._running and not self._waiting and (self._ending or self._lost):
            self._close()
            return
        held_up = self._waiting or self._ending or self._unread_since is not None
        wanted = self._linger or not held_up
        if wanted != self._reading and not self._transport.is_closing():
            self._reading = wanted
            if wanted:
                # The block was held up by us, not by its sender.
                self._block_began = self._heard = self._loop.time()
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _close(self) -> None:
        if self._lost:
            self._server.forget(self)
            if not self._ended.done():
                self._ended.set_result(None)
        elif not self._linger or not self._transport.can_write_eof():
            self._transport.close()
        elif self._closing is None:
            # Closing on unread bytes would reset the answer away (RFC 1122 4.2.2.13).
            self._transport.write_eof()
            self._closing = self._loop.call_later(LINGER, self._transport.close)

    def eof_received(self) -> bool:
        """The sender may close its half and still wait for answers."""
        self._linger = False
        self._end()
        return not self._secured

    def pause_writing(self) -> None:
        self._unread_since = self._loop.time()
        self._balance()

    def resume_writing(self) -> None:
        self._unread_since = None
        self._balance()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = self._ending = True
        if self._closing is not None:
            self._closing.cancel()
        if self._admitted:
            self._server.release(self._connection.host)
        if self._frames.in_block:
            logger.warning("MLLP connection ended within a block")
        if self._frames.discarded:
            self._server.counts.discarded += self._frames.discarded
            logger.warning(
                "MLLP: %d bytes outside blocks discarded", self._frames.discarded
            )
        self._advance()

    def check_time(self, now: float) -> None:
        """Close a sender that is silent, trickles, or does not read its answers."""
        limits = self._server.limits
        unread = self._unread_since
        if unread is not None and now - unread > limits.frame_timeout:
            self._cut("does not read")
        elif not self._reading or self._lost:
            return
        elif self._frames.in_block and now - self._block_began > limits.frame_timeout:
            self._cut("block not ended in time")
        elif not self._running and now - self._heard > limits.idle_timeout:
            self._cut("idle")

    def _cut(self, reason: str) -> None:
        logger.info("MLLP connection closed: %s", reason)
        self._transport.abort()

    def finish(self) -> asyncio.Future[None]:
        """Read no more; done when all is answered and the connection is closed."""
        self._linger = False
        self._end()
        return self._ended

    def abort(self) -> None:
        for task in self._running:
            task.cancel()
        self._transport.abort()


def _apart(payload: bytes) -> list[bytes]:
    messages = split_messages(payload)
    if len(messages) > 1:
        logger.warning("MLLP block with %d messages, taken apart", len(messages))
    return messages


def _report_failure(task: asyncio.Task[bytes | None]) -> bool:
    """Whether it failed; the type alone is logged, since a text may name a patient."""
    if not task.cancelled() and task.exception() is None:
        return False
    what = "cancelled" if task.cancelled() else type(task.exception()).__name__
    logger.error("MLLP handler failed: %s", what)
    return True
