"""Senders that are answered with the result, at a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from channels.db import database_sync_to_async
from django.db import connection
from pytest_django import Settings

from orders.models import Order
from radflow.hl7.acks import read_ack
from radflow.hl7.framing import FrameReader, frame
from radflow.hl7.message import Message
from radflow.messaging import listening
from radflow.messaging.drain import drain
from radflow.messaging.models import InboundMessage, OutboundMessage, Peer
from tests.door import order_message
from tests.factories import PeerFactory
from tests.instance import free_ports

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 30.0
later = database_sync_to_async


@pytest.fixture
def peer(transactional_db: None) -> Peer:
    return PeerFactory.create(
        name="Hospital",
        sending_application="EHRX",
        sending_facility="GENHOSP",
        reply_at="result",
        host="127.0.0.1",
        port=9,
    )


@pytest.fixture
async def port(peer: Peer, settings: Settings) -> AsyncIterator[int]:
    (settings.MLLP_PORT,) = free_ports(1)
    stop = asyncio.Event()
    serve = asyncio.create_task(listening.serve(stop))
    yield settings.MLLP_PORT
    stop.set()
    await serve


@pytest.fixture(autouse=True)
async def closing(transactional_db: None) -> AsyncIterator[None]:
    """Questions of these tests are asked in a thread that outlives them."""
    yield
    await later(lambda: connection.close())()


class Caller:
    """One connection; `ask` sends at once, the answer is awaited apart."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Caller:
        async with asyncio.timeout(WAIT):
            while True:
                try:
                    streams = await asyncio.open_connection("127.0.0.1", self._port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    self._reader, self._writer = streams
                    return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    def send(self, raw: bytes) -> None:
        self._writer.write(frame(raw))

    async def answer(self) -> bytes:
        frames = FrameReader()
        async with asyncio.timeout(WAIT):
            while not (found := frames.feed(await self._reader.read(65536))):
                pass
        return found[0]


async def committed(count: int) -> None:
    async with asyncio.timeout(WAIT):
        while await InboundMessage.objects.acount() < count:
            await asyncio.sleep(0.02)


async def asked(port: int, raw: bytes) -> bytes:
    """The answer to a message that a worker applies once it is committed."""
    async with Caller(port) as caller:
        count = await InboundMessage.objects.acount()
        caller.send(raw)
        await committed(count + 1)
        await later(drain)()
        return await caller.answer()


async def settings_of(peer: Peer, **values: object) -> None:
    await Peer.objects.filter(pk=peer.pk).aupdate(**values)


async def test_the_answer_says_that_the_order_is_there(port: int) -> None:
    ack = read_ack(await asked(port, order_message()))
    assert (ack.code, ack.control_id) == ("AA", "C1")
    assert await Order.objects.acount() == 1
    stored = await InboundMessage.objects.aget()
    assert (stored.state, stored.ack_code) == ("applied", "AA")
    assert read_ack(bytes(stored.ack_raw)).control_id == "C1"


async def test_a_refusal_by_state_is_an_error_with_the_code(port: int) -> None:
    raw = order_message(control="HD", version="2.5.1")
    ack = read_ack(await asked(port, raw))
    assert (ack.code, ack.control_id) == ("AE", "C1")
    stored = await InboundMessage.objects.aget()
    assert b"UNKNOWN_ORDER" in bytes(stored.ack_raw)
    assert stored.state == "parked"


async def test_an_order_response_is_the_answer_itself(port: int, peer: Peer) -> None:
    await settings_of(peer, reply_style="order_response")
    answer = Message.parse(await asked(port, order_message()))
    order = await Order.objects.aget()
    assert answer.message_type == "ORR^O02"
    assert (answer.value("MSA-1"), answer.value("MSA-2")) == ("AA", "C1")
    assert answer.value("ORC-1") == "OK"
    assert answer.value("ORC-3.1") == order.filler_order_number
    assert not await OutboundMessage.objects.aexists()


async def test_what_cannot_be_done_is_answered_by_its_order_control(
    port: int, peer: Peer
) -> None:
    await settings_of(peer, reply_style="order_response")
    answer = Message.parse(await asked(port, order_message(control="HD")))
    assert (answer.value("MSA-1"), answer.value("ORC-1")) == ("AA", "UH")
    assert answer.value("ORC-16.1") == "UNKNOWN_ORDER"
    assert not await OutboundMessage.objects.aexists()


async def test_a_passed_deadline_is_no_acceptance_and_a_resend_hears_the_result(
    port: int, peer: Peer
) -> None:
    await settings_of(peer, result_seconds=0)
    raw = order_message()
    async with Caller(port) as caller:
        caller.send(raw)
        ack = read_ack(await caller.answer())
        assert (ack.code, ack.error_code) == ("AR", "207")
        await later(drain)()
        caller.send(raw)
        assert read_ack(await caller.answer()).code == "AA"
    assert await Order.objects.acount() == 1
    states = [row.state async for row in InboundMessage.objects.order_by("id")]
    assert states == ["applied", "duplicate"]


async def test_a_repeat_waits_for_the_same_result(port: int) -> None:
    raw = order_message()
    async with Caller(port) as first, Caller(port) as second:
        first.send(raw)
        await committed(1)
        second.send(raw)
        await committed(2)
        await later(drain)()
        assert await first.answer() == await second.answer()


async def test_a_sender_that_waits_holds_up_nobody(port: int) -> None:
    await later(PeerFactory.create)(
        sending_application="OTHER", sending_facility="GENHOSP"
    )
    quick = order_message(control_id="Q1", placer="P2").replace(b"EHRX|", b"OTHER|", 1)
    async with Caller(port) as waiting, Caller(port) as other:
        waiting.send(order_message())
        await committed(1)
        other.send(quick)
        assert read_ack(await other.answer()).control_id == "Q1"
        await later(drain)()
        assert read_ack(await waiting.answer()).control_id == "C1"


async def test_enhanced_mode_gets_acceptance_at_once_and_the_result_as_a_message(
    port: int,
) -> None:
    raw = order_message().replace(b"|P|2.3.1\r", b"|P|2.3.1|||AL|AL\r", 1)
    async with Caller(port) as caller:
        caller.send(raw)
        assert read_ack(await caller.answer()).code == "CA"
        await later(drain)()
    sent = await OutboundMessage.objects.filter(message_type="ACK^O01").aget()
    ack = read_ack(bytes(sent.raw))
    assert (ack.code, ack.control_id) == ("AA", "C1")


async def test_enhanced_mode_hears_of_a_refusal_too(port: int) -> None:
    raw = order_message(control="HD").replace(b"|P|2.3.1\r", b"|P|2.3.1|||AL|ER\r", 1)
    async with Caller(port) as caller:
        caller.send(raw)
        assert read_ack(await caller.answer()).code == "CA"
        await later(drain)()
    sent = await OutboundMessage.objects.aget()
    assert read_ack(bytes(sent.raw)).code == "AE"
