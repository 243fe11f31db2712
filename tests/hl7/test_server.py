from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from radflow.hl7.framing import FrameReader, frame
from radflow.hl7.server import Connection, Limits, MLLPServer
from radflow.hl7.session import IN_FLIGHT

WAIT = 10.0


async def echo(raw: bytes, connection: Connection) -> bytes:
    assert connection.host == "127.0.0.1"
    return b"got " + raw


@asynccontextmanager
async def running(handler: Any = echo, **options: Any) -> AsyncIterator[MLLPServer]:
    server = MLLPServer(handler, **options)
    await server.start("127.0.0.1", 0)
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


async def test_one_connection_carries_many_messages() -> None:
    async with running() as server, call(server) as caller:
        for payload in (b"a", b"b", b"c" * 300_000):
            assert await caller.ask(payload) == b"got " + payload


async def test_a_message_may_come_byte_by_byte() -> None:
    async with running() as server, call(server) as caller:
        for byte in frame(b"slow"):
            caller.writer.write(bytes([byte]))
            await caller.writer.drain()
        assert await caller.receive() == b"got slow"


async def test_answers_keep_the_order_of_a_pipeline() -> None:
    gates = {b"0": asyncio.Event()}
    finished: list[bytes] = []

    async def handler(raw: bytes, connection: Connection) -> bytes:
        if raw in gates:
            await gates[raw].wait()
        finished.append(raw)
        if raw == b"2":
            gates[b"0"].set()
        return raw

    async with running(handler) as server, call(server) as caller:
        caller.writer.write(b"".join(frame(b"%d" % n) for n in range(3)))
        assert [await caller.receive() for _ in range(3)] == [b"0", b"1", b"2"]
    assert finished == [b"1", b"2", b"0"]


async def test_only_so_many_are_handled_at_once() -> None:
    busy, most, total = 0, 0, IN_FLIGHT * 5

    async def handler(raw: bytes, connection: Connection) -> bytes:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1
        return raw

    async with running(handler) as server, call(server) as caller:
        caller.writer.write(b"".join(frame(b"%d" % n) for n in range(total)))
        got = [await caller.receive() for _ in range(total)]
    assert got == [b"%d" % n for n in range(total)]
    assert most <= IN_FLIGHT


async def test_a_sender_may_close_its_half_and_still_be_answered() -> None:
    gate = asyncio.Event()

    async def handler(raw: bytes, connection: Connection) -> bytes:
        await gate.wait()
        return raw

    async with running(handler) as server, call(server) as caller:
        caller.writer.write(frame(b"last"))
        caller.writer.write_eof()
        await caller.writer.drain()
        gate.set()
        assert await caller.receive() == b"last"
        assert await caller.receive() is None


async def test_an_overlong_block_is_answered_after_those_before_it() -> None:
    async def refuse(head: bytes, connection: Connection) -> bytes:
        return b"too large: " + head[:4]

    limits = Limits(max_bytes=1000)
    async with (
        running(limits=limits, too_large=refuse) as server,
        call(server) as caller,
    ):
        caller.writer.write(frame(b"small") + b"\x0bMSH|" + b"x" * 500_000)
        assert await caller.receive() == b"got small"
        assert await caller.receive() == b"too large: MSH|"
        assert await caller.receive() is None


async def test_a_failed_handler_answers_nothing_and_names_no_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handler(raw: bytes, connection: Connection) -> bytes:
        if raw == b"bad":
            raise RuntimeError("Okafor^Ada")
        return raw

    async with running(handler) as server, call(server) as caller:
        caller.writer.write(frame(b"good") + frame(b"bad") + frame(b"later"))
        assert await caller.receive() == b"good"
        assert await caller.receive() is None
    assert "RuntimeError" in caplog.text
    assert "Okafor" not in caplog.text


async def test_a_handler_may_give_no_answer() -> None:
    async def handler(raw: bytes, connection: Connection) -> bytes | None:
        return None if raw == b"mute" else raw

    async with running(handler) as server, call(server) as caller:
        caller.writer.write(frame(b"mute") + frame(b"loud"))
        assert await caller.receive() == b"loud"


@pytest.mark.parametrize(
    "limits",
    [Limits(max_connections=1), Limits(max_per_address=1)],
    ids=["in all", "of one address"],
)
async def test_too_many_connections_are_refused_until_one_ends(limits: Limits) -> None:
    async with running(limits=limits) as server:
        async with call(server) as first:
            assert await first.ask(b"a") == b"got a"
            async with call(server) as second:
                with contextlib.suppress(OSError):
                    assert await second.ask(b"b") is None
            assert await first.ask(b"c") == b"got c"
            first.writer.write_eof()
            assert await first.receive() is None
        async with call(server) as third:
            assert await third.ask(b"d") == b"got d"


@pytest.mark.parametrize(
    ("limits", "sent"),
    [
        (Limits(idle_timeout=0.05), b""),
        (Limits(frame_timeout=0.05), b"\x0bMSH|"),
    ],
    ids=["idle", "unfinished block"],
)
async def test_a_silent_sender_is_closed(limits: Limits, sent: bytes) -> None:
    async with running(limits=limits) as server, call(server) as caller:
        caller.writer.write(sent)
        with contextlib.suppress(OSError):
            assert await caller.receive() is None


async def test_a_trickling_sender_is_closed_however_busy() -> None:
    async with (
        running(limits=Limits(frame_timeout=0.1)) as server,
        call(server) as caller,
    ):
        caller.writer.write(b"\x0b")
        ended = asyncio.create_task(caller.receive())
        while not ended.done():
            caller.writer.write(b"x")
            await asyncio.wait([ended], timeout=0.01)
        with contextlib.suppress(OSError):
            assert ended.result() is None


async def test_a_sender_that_reads_no_answers_is_closed() -> None:
    closed = asyncio.Event()

    async def handler(raw: bytes, connection: Connection) -> bytes:
        return b"x" * 1_000_000

    class Log(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "does not read" in record.getMessage():
                closed.set()

    log, logger = Log(), logging.getLogger("radflow.hl7.session")
    logger.addHandler(log)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        limits = Limits(frame_timeout=0.1)
        async with running(handler, limits=limits) as server, call(server) as caller:
            caller.writer.write(frame(b"m") * 50)
            async with asyncio.timeout(WAIT):
                await closed.wait()
    finally:
        logger.removeHandler(log)
        logger.setLevel(level)


async def test_stopping_answers_what_was_received() -> None:
    begun, gate = asyncio.Event(), asyncio.Event()

    async def handler(raw: bytes, connection: Connection) -> bytes:
        begun.set()
        await gate.wait()
        return raw

    async with running(handler) as server, call(server) as caller:
        caller.writer.write(frame(b"in flight"))
        await begun.wait()
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0)
        gate.set()
        assert await caller.receive() == b"in flight"
        assert await caller.receive() is None
        await stopping


async def test_stopping_ends_in_spite_of_a_stuck_handler() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def handler(raw: bytes, connection: Connection) -> bytes:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return raw

    async with running(handler) as server, call(server) as caller:
        caller.writer.write(frame(b"stuck"))
        await begun.wait()
        await server.stop(grace=0.01)
        async with asyncio.timeout(WAIT):
            await cancelled.wait()


def _certificate(folder: Path) -> tuple[Path, Path]:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return key, certificate


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its key by openssl")
async def test_it_speaks_tls(tmp_path: Path) -> None:
    key, certificate = _certificate(tmp_path)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate, key)
    theirs = ssl.create_default_context(cafile=certificate)
    theirs.check_hostname = False
    async with (
        running(ssl=ours) as server,
        call(server, ssl=theirs) as caller,
    ):
        assert await caller.ask(b"secret") == b"got secret"


async def test_senders_are_served_while_another_trickles() -> None:
    limits = Limits(frame_timeout=0.2)
    async with running(limits=limits) as server, call(server) as slow:
        slow.writer.write(b"\x0bMSH|")
        ended = asyncio.create_task(slow.receive())
        served = 0
        while not ended.done():
            async with call(server) as one, call(server) as other:
                answers = await asyncio.gather(one.ask(b"1"), other.ask(b"2"))
                assert list(answers) == [b"got 1", b"got 2"]
            served += 1
        assert served
        with contextlib.suppress(OSError):
            assert ended.result() is None


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its key by openssl")
async def test_a_handshake_that_never_comes_is_ended(tmp_path: Path) -> None:
    key, certificate = _certificate(tmp_path)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate, key)
    limits = Limits(frame_timeout=0.1)
    async with running(limits=limits, ssl=ours) as server, call(server) as caller:
        with contextlib.suppress(OSError):
            assert await caller.receive() is None
