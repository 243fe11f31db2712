"""Software that others wrote sends to our listener: python-hl7, and dcm4che's way."""

from __future__ import annotations

import asyncio
import socket

import hl7
import pytest
from hl7.client import MLLPClient
from pytest_django import Settings

from radflow.hl7.acks import read_ack
from radflow.hl7.framing import FrameReader, frame
from tests.door import order_message
from tests.factories import PeerFactory
from tests.messaging.test_listener import serving, stored

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def hospital(transactional_db: None) -> None:
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def numbered(count: int) -> list[bytes]:
    return [
        order_message(control_id=f"C{n}", placer=f"P{n}").rstrip(b"\r")
        for n in range(count)
    ]


def by_python_hl7(port: int, raws: list[bytes]) -> list[bytes]:
    with MLLPClient("127.0.0.1", port) as client:
        return [client.send_message(hl7.parse(raw.decode())) for raw in raws]


async def test_python_hl7_sends_and_reads_what_we_answer(settings: Settings) -> None:
    async with serving(settings) as port:
        answers = await asyncio.to_thread(by_python_hl7, port, numbered(5))
    for number, answer in enumerate(answers):
        read = hl7.parse(answer.strip(b"\x0b\x1c\r").decode())
        assert [str(read["MSA"][0][1]), str(read["MSA"][0][2])] == ["AA", f"C{number}"]
    assert len(await stored()) == 5


def in_pieces(port: int, pieces: list[bytes], expected: int) -> list[bytes]:
    reader, answers = FrameReader(), list[bytes]()
    with socket.create_connection(("127.0.0.1", port), 30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            line.sendall(piece)
        while len(answers) < expected and (data := line.recv(65536)):
            answers += reader.feed(data)
    return answers


async def test_frames_come_byte_by_byte(settings: Settings) -> None:
    blocks = b"".join(map(frame, numbered(2)))
    pieces = [blocks[at : at + 1] for at in range(len(blocks))]
    async with serving(settings) as port:
        answers = await asyncio.to_thread(in_pieces, port, pieces, 2)
    assert [read_ack(answer).control_id for answer in answers] == ["C0", "C1"]


async def test_several_frames_come_in_one_packet(settings: Settings) -> None:
    packet = b"".join(map(frame, numbered(20)))
    async with serving(settings) as port:
        answers = await asyncio.to_thread(in_pieces, port, [packet], 20)
    assert [read_ack(one).code for one in answers] == ["AA"] * 20
    assert [read_ack(one).control_id for one in answers] == [f"C{n}" for n in range(20)]
