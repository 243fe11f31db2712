"""Ports follow the rows of Listener while the process runs."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import OperationalError
from pytest_django import Settings

from radflow.hl7.acks import read_ack
from radflow.hl7.client import MLLPClient
from radflow.hl7.framing import COMMITTED, frame
from radflow.hl7.tls import client_context
from radflow.messaging import listening
from radflow.messaging.models import Listener, Security
from radflow.messaging.tls import NotConfigured, for_sending
from tests.door import order_message
from tests.factories import PeerFactory
from tests.hl7.certificates import issue, needs_openssl
from tests.instance import free_ports
from tests.messaging.test_listener import (
    WAIT,
    converse,
    is_open,
    line,
    serving,
    until_closed,
    until_open,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def hospital(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")
    monkeypatch.setattr(listening, "REREAD_SECONDS", 0.02)


@pytest.fixture
def spare() -> int:
    return free_ports(1)[0]


@database_sync_to_async
def create(port: int, **values: Any) -> Listener:
    return Listener.objects.create(name=f"ward {port}", port=port, **values)


@database_sync_to_async
def change(port: int, **values: Any) -> None:
    Listener.objects.filter(port=port).update(**values)


async def code(port: int, control_id: str, **tls: Any) -> str:
    (answer,) = await converse(port, [order_message(control_id=control_id)], **tls)
    return read_ack(answer).code


async def test_a_port_opens_and_closes_as_its_row_says(
    settings: Settings, spare: int
) -> None:
    async with serving(settings) as main:
        assert not await is_open(spare)
        await create(spare)
        await until_open(spare)
        assert await code(spare, "A") == "AA"
        await change(spare, enabled=False)
        await until_closed(spare)
        assert await code(main, "B") == "AA"


async def test_a_change_leaves_open_connections_alone(
    settings: Settings, spare: int
) -> None:
    await create(spare)
    async with serving(settings) as main, line(main) as one, line(spare) as other:
        await change(spare, max_connections=1, release2=True)
        await until_refused(spare)
        for number, (reader, writer) in enumerate((one, other)):
            writer.write(frame(order_message(control_id=f"L{number}")))
            async with asyncio.timeout(WAIT):
                answer = await reader.readuntil(b"\x1c\r")
            assert read_ack(answer[1:-2]).control_id == f"L{number}"


async def until_refused(port: int) -> None:
    """A connection past the new limit is refused: then the change is in force."""
    async with asyncio.timeout(WAIT):
        while await is_held(port):
            await asyncio.sleep(0.02)


async def is_held(port: int) -> bool:
    with suppress(OSError):
        async with line(port) as (reader, _):
            try:
                async with asyncio.timeout(0.1):
                    await reader.read(1)
            except TimeoutError:
                return True
    return False


async def test_release_2_commits_before_it_answers(
    settings: Settings, spare: int
) -> None:
    await create(spare, release2=True)
    async with serving(settings):
        answers = await converse(spare, [order_message(control_id="R2")])
    assert answers[0] == COMMITTED


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other


async def test_a_port_that_is_taken_is_told_once_and_tried_again(
    settings: Settings, taken: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    port = int(taken.getsockname()[1])
    await create(port)
    async with serving(settings) as main:
        await until_settled(main)
        taken.close()
        await until_open(port)
        assert await code(port, "T") == "AA"
    told = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert len(told) == 1
    assert f"port {port}" in told[0].getMessage()


async def until_settled(main: int) -> None:
    """Several rereads later: another row has been opened and closed."""
    (other,) = free_ports(1)
    await create(other)
    await until_open(other)
    await change(other, enabled=False)
    await until_closed(other)


async def test_without_its_own_port_it_does_not_start(
    settings: Settings, taken: socket.socket
) -> None:
    settings.MLLP_PORT = taken.getsockname()[1]
    with pytest.raises(listening.CannotListen, match="RADFLOW_MLLP_PORT"):
        await listening.serve(asyncio.Event())


async def test_ports_stay_while_the_database_is_away(
    settings: Settings, spare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def away() -> list[Listener]:
        loop.call_soon_threadsafe(missed.set)
        raise OperationalError

    await create(spare)
    async with serving(settings) as main:
        await until_open(spare)
        monkeypatch.setattr(listening, "_read_rows", away)
        async with asyncio.timeout(WAIT):
            await missed.wait()
        assert await is_open(spare)
        assert await is_open(main)


async def test_a_database_that_does_not_answer_keeps_nobody_from_ending(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answered = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hang() -> list[Listener]:
        loop.call_soon_threadsafe(asked.set)
        answered.wait(WAIT)
        return []

    monkeypatch.setattr(listening, "END_SECONDS", 0.01)
    try:
        async with asyncio.timeout(WAIT), serving(settings):
            monkeypatch.setattr(listening, "_read_rows", hang)
            await asked.wait()
    finally:
        answered.set()
        for thread in threading.enumerate():
            if thread.name.startswith("listeners"):
                await asyncio.to_thread(thread.join, WAIT)


@needs_openssl
async def test_a_port_turns_to_mutual_tls_and_knows_its_sender(
    settings: Settings, spare: int, tmp_path: Path
) -> None:
    ours, theirs = issue(tmp_path), issue(tmp_path, "sender")
    await create(spare)
    async with serving(settings) as main:
        assert await code(spare, "P") == "AA"
        settings.TLS_CERTIFICATE, settings.TLS_KEY = map(
            str, (ours.certificate, ours.key)
        )
        settings.TLS_CA = str(theirs.certificate)
        await change(spare, security=Security.MUTUAL)
        known = client_context(
            ca=ours.certificate, certificate=theirs.certificate, key=theirs.key
        )
        await until_answered(spare, known)
        assert await converse(spare, [order_message(control_id="X")]) == []
        assert await code(main, "Q") == "AA"


async def until_answered(port: int, context: Any) -> None:
    async with asyncio.timeout(WAIT):
        while True:
            try:
                assert await code(port, "S", ssl=context) == "AA"
            except OSError:
                await asyncio.sleep(0.02)
            else:
                return


async def test_tls_without_its_files_opens_nothing_and_says_what_is_missing(
    settings: Settings, spare: int, caplog: pytest.LogCaptureFixture
) -> None:
    await create(spare, security=Security.TLS)
    async with serving(settings) as main:
        await until_settled(main)
        assert not await is_open(spare)
    assert "RADFLOW_TLS_CERTIFICATE is not set" in caplog.text


@needs_openssl
async def test_a_renewed_certificate_is_shown_without_a_restart(
    settings: Settings, spare: int, tmp_path: Path
) -> None:
    first, second = issue(tmp_path), issue(tmp_path, "second")
    settings.TLS_CERTIFICATE, settings.TLS_KEY = map(
        str, (first.certificate, first.key)
    )
    await create(spare, security=Security.TLS)
    async with serving(settings):
        await until_answered(spare, client_context(ca=first.certificate))
        second.certificate.replace(first.certificate)
        second.key.replace(first.key)
        await until_answered(spare, client_context(ca=first.certificate))


@needs_openssl
async def test_what_we_send_by_tls_shows_our_certificate(
    settings: Settings, spare: int, tmp_path: Path
) -> None:
    ours = issue(tmp_path)
    settings.TLS_CERTIFICATE, settings.TLS_KEY = str(ours.certificate), str(ours.key)
    settings.TLS_CA = str(ours.certificate)
    await create(spare, security=Security.MUTUAL)

    def send() -> bytes:
        with MLLPClient("127.0.0.1", spare, ssl=for_sending()) as client:
            return client.send(order_message(control_id="TLS"))

    async with serving(settings):
        await until_open(spare)
        assert read_ack(await asyncio.to_thread(send)).code == "AA"


def test_sending_by_tls_needs_its_files(settings: Settings, tmp_path: Path) -> None:
    settings.TLS_CA = str(tmp_path / "missing")
    with pytest.raises(NotConfigured, match="RADFLOW_TLS_CA"):
        for_sending()
