from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from pathlib import Path

import pytest

from radflow.hl7.client import MLLPClient, MLLPUnavailable
from radflow.hl7.server import Connection, Limits
from radflow.hl7.tls import client_context, server_context
from tests.hl7.certificates import Issued, issue, needs_openssl
from tests.hl7.lines import call, running

pytestmark = needs_openssl


@pytest.fixture
def ours(tmp_path: Path) -> Issued:
    return issue(tmp_path)


@pytest.fixture
def theirs(tmp_path: Path) -> Issued:
    return issue(tmp_path, "sender")


async def tell_peer(raw: bytes, connection: Connection) -> bytes:
    return connection.certificate_sha256.encode()


async def ask(port: int, context: ssl.SSLContext) -> bytes:
    def send() -> bytes:
        with MLLPClient("127.0.0.1", port, timeout=5, ssl=context) as client:
            client.send(b"once")
            return client.send(b"again")

    return await asyncio.to_thread(send)


async def test_a_sender_that_trusts_us_speaks_tls(ours: Issued) -> None:
    context = server_context(ours.certificate, ours.key)
    async with running(ssl=context) as server:
        trusting = client_context(ca=ours.certificate)
        assert await ask(server.port, trusting) == b"got again"


async def test_mutual_tls_tells_whose_certificate_it_was(
    ours: Issued, theirs: Issued
) -> None:
    context = server_context(ours.certificate, ours.key, client_ca=theirs.certificate)
    known = client_context(
        ca=ours.certificate, certificate=theirs.certificate, key=theirs.key
    )
    async with running(tell_peer, ssl=context) as server:
        pinned = await ask(server.port, known)
    shown = ssl.PEM_cert_to_DER_cert(theirs.certificate.read_text())
    assert pinned.decode() == hashlib.sha256(shown).hexdigest()


async def test_mutual_tls_refuses_who_shows_none_or_another(
    ours: Issued, theirs: Issued
) -> None:
    context = server_context(ours.certificate, ours.key, client_ca=theirs.certificate)
    nameless = client_context(ca=ours.certificate)
    stranger = client_context(
        ca=ours.certificate, certificate=ours.certificate, key=ours.key
    )
    async with running(ssl=context) as server:
        for context in (nameless, stranger):
            with pytest.raises(MLLPUnavailable):
                await ask(server.port, context)


async def test_a_receiver_that_is_another_is_not_sent_to(
    ours: Issued, theirs: Issued
) -> None:
    async with running(ssl=server_context(ours.certificate, ours.key)) as server:
        with pytest.raises(MLLPUnavailable):
            await ask(server.port, client_context(ca=theirs.certificate))
        with pytest.raises(MLLPUnavailable):
            await ask(server.port, client_context())


async def test_what_bcp_195_forbids_is_refused(ours: Issued) -> None:
    old = client_context(ca=ours.certificate)
    old.set_ciphers("AES128-GCM-SHA256")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    async with running(ssl=server_context(ours.certificate, ours.key)) as server:
        with pytest.raises(MLLPUnavailable):
            await ask(server.port, old)


async def test_a_handshake_that_never_comes_is_ended(ours: Issued) -> None:
    context = server_context(ours.certificate, ours.key)
    limits = Limits(frame_timeout=0.1)
    async with running(limits=limits, ssl=context) as server, call(server) as caller:
        with contextlib.suppress(OSError):
            assert await caller.receive() is None


def test_files_that_do_not_serve_are_told(ours: Issued, theirs: Issued) -> None:
    for key in (theirs.key, ours.key.with_name("missing")):
        with pytest.raises(OSError):
            server_context(ours.certificate, key)
