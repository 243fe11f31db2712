"""MLLP release 2: what the transport says of storage, apart from what HL7 says."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from radflow.hl7.client import MLLPClient, MLLPRefused
from radflow.hl7.framing import COMMITTED, NOT_COMMITTED, frame
from radflow.hl7.server import Connection, Limits
from radflow.hl7.session import RESENDS
from tests.hl7.lines import call, running

TWO = b"MSH|^~\\&|1\rPID|1\rMSH|^~\\&|2\rPID|2\r"


async def test_storage_is_told_after_the_handler_and_before_the_answer() -> None:
    stored = asyncio.Event()

    async def handler(raw: bytes, connection: Connection) -> bytes:
        await stored.wait()
        return b"answer to " + raw

    async with running(handler, release2=True) as server, call(server) as caller:
        caller.writer.write(frame(b"one") + frame(b"two"))
        early = asyncio.create_task(caller.receive())
        await asyncio.sleep(0)
        assert not early.done()
        stored.set()
        assert await early == COMMITTED
        assert await caller.receive() == b"answer to one"
        assert await caller.receive() == COMMITTED
        assert await caller.receive() == b"answer to two"


async def test_one_block_is_outstanding() -> None:
    busy, most = 0, 0

    async def handler(raw: bytes, connection: Connection) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1

    async with running(handler, release2=True) as server, call(server) as caller:
        caller.writer.write(frame(b"x") * 20)
        assert [await caller.receive() for _ in range(20)] == [COMMITTED] * 20
    assert most == 1


async def test_what_was_not_stored_is_told_and_the_line_goes_on() -> None:
    async def handler(raw: bytes, connection: Connection) -> bytes:
        if raw == b"bad":
            raise RuntimeError
        return raw

    async with running(handler, release2=True) as server, call(server) as caller:
        caller.writer.write(frame(b"bad") + frame(b"good"))
        got = [await caller.receive() for _ in range(3)]
    assert got == [NOT_COMMITTED, COMMITTED, b"good"]


async def test_a_sender_that_could_not_store_our_answer_gets_it_again() -> None:
    async with running(release2=True) as server, call(server) as caller:
        assert await caller.ask(b"x") == COMMITTED
        for _ in range(RESENDS):
            assert await caller.receive() == b"got x"
            caller.writer.write(frame(NOT_COMMITTED))
        assert await caller.receive() == b"got x"
        caller.writer.write(frame(COMMITTED))
        caller.writer.write(frame(NOT_COMMITTED))
        assert await caller.ask(b"y") == COMMITTED


async def test_a_sender_that_never_stores_is_closed() -> None:
    async with running(release2=True) as server, call(server) as caller:
        assert await caller.ask(b"x") == COMMITTED
        with contextlib.suppress(OSError):
            while await caller.receive():
                caller.writer.write(frame(NOT_COMMITTED))


@pytest.mark.parametrize("release2", [False, True])
async def test_commit_words_are_never_content(release2: bool) -> None:
    seen = []

    async def handler(raw: bytes, connection: Connection) -> bytes:
        seen.append(raw)
        return raw

    async with (
        running(handler, release2=release2) as server,
        call(server) as caller,
    ):
        caller.writer.write(frame(COMMITTED) + frame(NOT_COMMITTED))
        answer = await caller.ask(b"\x06 and more")
    assert answer == (COMMITTED if release2 else b"\x06 and more")
    assert seen == [b"\x06 and more"]


async def test_several_messages_of_a_block_are_committed_as_one() -> None:
    async with running(release2=True) as server, call(server) as caller:
        caller.writer.write(frame(TWO))
        got = [await caller.receive() for _ in range(3)]
    assert got == [
        COMMITTED,
        b"got MSH|^~\\&|1\rPID|1\r",
        b"got MSH|^~\\&|2\rPID|2\r",
    ]


async def test_an_overlong_block_is_not_stored() -> None:
    async def refuse(head: bytes, connection: Connection) -> bytes:
        return b"too large"

    limits = Limits(max_bytes=100)
    async with (
        running(limits=limits, too_large=refuse, release2=True) as server,
        call(server) as caller,
    ):
        assert await caller.ask(b"x" * 5000) == NOT_COMMITTED
        assert await caller.receive() is None


@pytest.mark.parametrize("release2", [False, True])
async def test_our_sender_reads_past_the_commit_word(release2: bool) -> None:
    def send(port: int) -> list[bytes]:
        with MLLPClient("127.0.0.1", port, release2=release2) as client:
            return [client.send(b"a"), client.send(b"b")]

    async with running(release2=True) as server:
        assert await asyncio.to_thread(send, server.port) == [b"got a", b"got b"]
        assert server.counts.blocks == 2


async def test_our_sender_is_told_of_what_was_not_stored() -> None:
    async def handler(raw: bytes, connection: Connection) -> bytes:
        raise RuntimeError

    def send(port: int) -> None:
        with (
            MLLPClient("127.0.0.1", port, release2=True) as client,
            pytest.raises(MLLPRefused),
        ):
            client.send(b"a")

    async with running(handler, release2=True) as server:
        await asyncio.to_thread(send, server.port)
