"""The listener whole: socket, server, writer thread and database in one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from channels.db import database_sync_to_async
from pytest_django import Settings

from radflow.hl7.acks import read_ack
from radflow.hl7.framing import FrameReader, frame
from radflow.messaging import listening
from radflow.messaging import writer as writer_module
from radflow.messaging.intake import Intake, Received, Reply
from radflow.messaging.models import InboundMessage, Peer
from tests.door import order_message
from tests.factories import PeerFactory
from tests.instance import free_ports

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 30.0


@pytest.fixture(autouse=True)
def hospital(transactional_db: None) -> Peer:
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "REREAD_SECONDS", 0.02)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[int]:
    """The listener process without the process; its port."""
    (settings.MLLP_PORT,) = free_ports(1)
    stop = asyncio.Event()
    serve = asyncio.create_task(listening.serve(stop))
    try:
        await until_open(settings.MLLP_PORT, serve)
        yield settings.MLLP_PORT
    finally:
        stop.set()
        await serve


async def until_open(port: int, serve: asyncio.Task[None] | None = None) -> None:
    async with asyncio.timeout(WAIT):
        while not await is_open(port):
            assert serve is None or not serve.done()
            await asyncio.sleep(0.02)


async def until_closed(port: int) -> None:
    async with asyncio.timeout(WAIT):
        while await is_open(port):
            await asyncio.sleep(0.02)


async def is_open(port: int) -> bool:
    try:
        async with line(port):
            return True
    except OSError:
        return False


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def line(port: int, **tls: Any) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **tls)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def converse(port: int, raws: list[bytes], **tls: Any) -> list[bytes]:
    """Send all without waiting; the answers that come until all or the end."""
    frames, answers = FrameReader(), list[bytes]()
    async with line(port, **tls) as (reader, writer), asyncio.timeout(WAIT):
        writer.write(b"".join(frame(raw) for raw in raws))
        while len(answers) < len(raws) and (data := await reader.read(65536)):
            answers += frames.feed(data)
    return answers


def numbered(connection: int, count: int) -> list[bytes]:
    return [
        order_message(control_id=f"{connection}-{n}", placer=f"{connection}-{n}")
        for n in range(count)
    ]


@database_sync_to_async
def stored() -> list[str]:
    return list(InboundMessage.objects.values_list("control_id", flat=True))


async def test_a_burst_over_four_connections_is_answered_in_order_and_stored(
    settings: Settings,
) -> None:
    batches = [numbered(connection, 75) for connection in range(4)]
    async with serving(settings) as port:
        results = await asyncio.gather(*(converse(port, b) for b in batches))
    for connection, answers in enumerate(results):
        acks = [read_ack(answer) for answer in answers]
        assert [ack.control_id for ack in acks] == [
            f"{connection}-{n}" for n in range(75)
        ]
        assert {ack.code for ack in acks} == {"AA"}
    assert len(set(await stored())) == 300


async def test_an_acknowledgement_on_the_line_is_kept_and_gets_no_reply(
    settings: Settings,
) -> None:
    ack = b"MSH|^~\\&|EHRX|GENHOSP|||20261123||ACK|A1|P|2.5.1\rMSA|AA|X\r"
    async with serving(settings) as port:
        answers = await converse_past(port, ack, order_message())
    assert read_ack(answers).control_id == "C1"
    assert sorted(await stored()) == ["A1", "C1"]


async def converse_past(port: int, silent: bytes, loud: bytes) -> bytes:
    """Send both; the first answer that comes."""
    frames, answers = FrameReader(), list[bytes]()
    async with line(port) as (reader, writer), asyncio.timeout(WAIT):
        writer.write(frame(silent) + frame(loud))
        while not answers:
            answers += frames.feed(await reader.read(65536))
    return answers[0]


async def test_an_unforeseen_error_closes_that_line_and_no_other(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    class Stumbling(Intake):
        def receive(self, batch: list[Received]) -> list[Reply]:
            if any(b"BAD" in one.raw for one in batch):
                raise ZeroDivisionError
            return super().receive(batch)

    monkeypatch.setattr(writer_module, "Intake", Stumbling)
    async with serving(settings) as port:
        bad, good = await asyncio.gather(
            converse(port, [order_message(control_id="BAD")]),
            converse(port, numbered(1, 20)),
        )
        after = await converse(port, [order_message(control_id="LATER")])
    assert bad == []
    assert len(good) == 20
    assert read_ack(after[0]).code == "AA"
