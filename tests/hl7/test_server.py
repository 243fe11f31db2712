from __future__ import annotations

import asyncio
import contextlib
import logging
import socket

import pytest

from radflow.hl7.framing import frame
from radflow.hl7.server import Connection, Limits
from radflow.hl7.session import IN_FLIGHT
from tests.hl7.lines import WAIT, call, running


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


async def test_an_address_that_many_share_counts_among_all_only() -> None:
    shared = Limits(max_per_address=1, crowds=frozenset({"127.0.0.1"}))
    async with (
        running(limits=shared) as server,
        call(server) as first,
        call(server) as second,
    ):
        assert await first.ask(b"a") == b"got a"
        assert await second.ask(b"b") == b"got b"


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


async def test_several_messages_of_a_block_are_answered_one_by_one() -> None:
    async with running() as server, call(server) as caller:
        caller.writer.write(frame(b"MSH|^~\\&|1\rPID\rMSH|^~\\&|2\r") + frame(b"x"))
        got = [await caller.receive() for _ in range(3)]
    assert got == [b"got MSH|^~\\&|1\rPID\r", b"got MSH|^~\\&|2\r", b"got x"]


async def test_a_handler_knows_the_port_it_was_reached_at() -> None:
    async def handler(raw: bytes, connection: Connection) -> bytes:
        return f"{connection.local_port} {connection.certificate_sha256}".encode()

    async with running(handler) as server, call(server) as caller:
        assert await caller.ask(b"x") == b"%d " % server.port


async def test_what_the_port_has_seen_is_counted() -> None:
    limits = Limits(max_connections=1)
    async with running(limits=limits) as server:
        async with call(server) as caller:
            caller.writer.write(b"noise" + frame(b"a") + b"\r\n")
            assert await caller.receive() == b"got a"
            assert server.connections == 1
            async with call(server) as other:
                with contextlib.suppress(OSError):
                    assert await other.receive() is None
            caller.writer.write_eof()
            assert await caller.receive() is None
        counts = server.counts
    assert (counts.blocks, counts.refused, counts.discarded) == (1, 1, 5)


@pytest.mark.parametrize("turns", [3, 4, 5])
async def test_who_is_accepted_while_the_port_closes_is_not_served(turns: int) -> None:
    async with running() as server:
        with socket.create_connection(("127.0.0.1", server.port)) as late:
            for _ in range(turns):
                await asyncio.sleep(0)
            await server.stop()
            await asyncio.sleep(0.01)
            assert server.connections == 0
            late.settimeout(WAIT)
            with contextlib.suppress(OSError):
                assert late.recv(1) == b""
