"""A peer may stall, lie about lengths or send garbage; the others must not notice."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Callable, Iterator
from random import Random

import pytest
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from radflow.dicom.client import ScannerClient
from radflow.dicom.errors import PeerError
from radflow.dicom.exchange import AssociationInfo, Callbacks, Limits
from radflow.dicom.server import DicomServer
from tests.dicom.conftest import Serve

Connect = Callable[..., ScannerClient]
Send = Callable[[bytes], socket.socket]
# Short deadlines keep the suite fast; the product's are in Limits.
QUICK = Limits(
    max_associations=4, max_per_address=8, pdu_deadline=0.3, association_timeout=0.5
)
MAXIMUM = 0xFFFFFFFF


@pytest.fixture
def server(serve: Serve) -> DicomServer:
    return serve(QUICK)


@pytest.fixture
def attack(server: DicomServer) -> Iterator[Send]:
    opened: list[socket.socket] = []

    def send(data: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        opened.append(connection)
        connection.sendall(data)
        return connection

    yield send
    for connection in opened:
        connection.close()


def is_closed_by_peer(connection: socket.socket) -> bool:
    """Reads to the end of the stream, past an A-ABORT; times out otherwise."""
    try:
        while connection.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


def header(kind: int, length: int) -> bytes:
    return struct.pack(">BBL", kind, 0, length)


@pytest.mark.parametrize(
    "data",
    [
        header(0x01, MAXIMUM),
        header(0x04, 2**31),
        header(0x01, 200),
        header(0x01, 200)[:3],
        b"",
        header(0x01, 4) + b"\0\0\0\0",
        header(0x04, 10) + b"\0" * 10,
        header(0x05, 4) + b"\0" * 4,
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 64,
        b"\xff" * 5000,
    ],
    ids=[
        "huge associate",
        "huge data",
        "header only",
        "half a header",
        "silence",
        "empty associate",
        "data first",
        "release first",
        "http",
        "zeros",
        "ones",
    ],
)
def test_a_bad_start_is_cut_off_and_others_are_served(
    server: DicomServer, scanner: Connect, attack: Send, data: bytes
) -> None:
    connection = attack(data)
    assert scanner(server).echo() == 0
    assert is_closed_by_peer(connection)


def test_stalled_headers_do_not_take_the_places_of_scanners(
    server: DicomServer, scanner: Connect, attack: Send
) -> None:
    stalled = [attack(header(0x01, 2**31 - 1)[:5]) for _ in range(6)]
    assert scanner(server).echo() == 0
    assert all(is_closed_by_peer(connection) for connection in stalled)


def test_random_garbage_leaves_the_server_working(
    server: DicomServer, scanner: Connect, attack: Send
) -> None:
    random = Random(20260705)
    for _ in range(20):
        kind = random.choice([1, 2, 3, 4, 5, 6, 7, 9])
        body = random.randbytes(random.randrange(80))
        assert is_closed_by_peer(attack(header(kind, len(body)) + body))
    assert scanner(server).echo() == 0


def established(server: DicomServer) -> Association:
    entity = AE("CT1")
    entity.add_requested_context(Verification)
    return entity.associate("127.0.0.1", server.port, ae_title="RADFLOW")


def raw(assoc: Association, data: bytes) -> None:
    assert assoc.dul.socket is not None
    assoc.dul.socket.send(data)


@pytest.mark.parametrize(
    "data",
    [
        header(0x04, 2**31),
        header(0x04, 50),
        header(0x04, 12) + struct.pack(">LBB", 8, 1, 3) + os.urandom(6),
        header(0x04, 6) + struct.pack(">LBB", 200, 1, 3),
        header(0x02, 10) + b"\0" * 10,
    ],
    ids=["huge", "stalled", "garbage command", "lying fragment", "unexpected accept"],
)
def test_an_associated_peer_that_misbehaves_is_ended(
    server: DicomServer, scanner: Connect, data: bytes
) -> None:
    assoc = established(server)
    raw(assoc, data)
    assert scanner(server).echo() == 0
    assoc.join(10)
    assert not assoc.is_alive()


def test_a_proposal_without_transfer_syntax_ends_only_itself(
    server: DicomServer,
    scanner: Connect,
    attack: Send,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent: list[bytes] = []
    entity = AE("CT1")
    entity.add_requested_context(Verification, [ImplicitVRLittleEndian])
    entity.associate(
        "127.0.0.1",
        server.port,
        ae_title="RADFLOW",
        evt_handlers=[(evt.EVT_DATA_SENT, lambda event: sent.append(event.data))],
    ).release()
    # The transfer syntax sub-item (40H) becomes an abstract syntax (30H).
    proposal = sent[0].replace(b"\x40\x00\x00\x11", b"\x30\x00\x00\x11")
    assert proposal != sent[0]
    connection = attack(proposal)
    connection.shutdown(socket.SHUT_WR)
    assert is_closed_by_peer(connection)
    assert scanner(server).echo() == 0
    assert "IndexError" in caplog.text


def test_a_message_without_end_is_cut_off(serve: Serve) -> None:
    server = serve(Limits(max_message=50_000))
    assoc = established(server)
    fragment = b"\0" * 8000
    pdv = struct.pack(">LBB", len(fragment) + 2, 1, 0x00) + fragment
    for _ in range(10):
        raw(assoc, header(0x04, len(pdv)) + pdv)
    assoc.join(10)
    assert not assoc.is_alive()


def test_more_connections_than_one_address_may_have_are_closed(
    serve: Serve,
) -> None:
    server = serve(Limits(max_per_address=2))
    first, second = established(server), established(server)
    assert first.is_established
    assert second.is_established
    third = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    assert is_closed_by_peer(third)
    third.close()
    first.release()
    second.release()


def test_a_pdu_that_drips_ends_in_time(
    server: DicomServer, scanner: Connect, attack: Send
) -> None:
    """A byte now and then keeps no connection open: the whole PDU has a deadline."""
    connection = attack(header(0x01, 200))
    with pytest.raises(OSError):
        for _ in range(100):
            connection.sendall(b"\0")
            connection.settimeout(0.05)
            with contextlib.suppress(TimeoutError):
                if not connection.recv(1):
                    raise ConnectionResetError
    assert scanner(server).echo() == 0


def test_answers_do_not_wait_for_the_peers_acknowledgement(server: DicomServer) -> None:
    assoc = established(server)
    (accepted,) = server._require_server().associations()
    connection = accepted.guarded_socket
    assert connection
    assert connection.socket
    assert connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assoc.release()


def test_a_flood_of_associations_leaves_the_server_serving(
    serve: Serve, scanner: Connect
) -> None:
    server = serve(Limits(max_associations=20, max_per_address=10))
    flood = [
        socket.create_connection(("127.0.0.1", server.port), timeout=10)
        for _ in range(200)
    ]
    assert server.association_count <= 10
    for connection in flood:
        connection.close()
    for assoc in server._require_server().associations():
        assoc.join(10)
    assert scanner(server).echo() == 0


def test_a_full_server_says_so(serve: Serve, scanner: Connect) -> None:
    server = serve(Limits(max_associations=1))
    first = established(server)
    second = established(server)
    assert second.is_rejected
    first.release()
    assert scanner(server).echo() == 0


def test_an_idle_association_is_ended(serve: Serve) -> None:
    assoc = established(serve(Limits(idle_timeout=0.2)))
    assoc.join(10)
    assert assoc.is_aborted


def test_a_refused_calling_ae_title_is_rejected_and_logged(
    serve: Serve, scanner: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    def only_ct1(caller: AssociationInfo) -> str | None:
        return None if caller.calling_ae == "CT1" else "unknown calling AE title"

    server = serve(allow=only_ct1)
    assert scanner(server, "CT1").echo() == 0
    with pytest.raises(PeerError):
        scanner(server, "STRANGER").echo()
    assert "'STRANGER' unknown calling AE title" in caplog.text


def test_a_check_that_fails_refuses(serve: Serve, scanner: Connect) -> None:
    def broken(caller: AssociationInfo) -> str | None:
        raise RuntimeError("database away")

    with pytest.raises(PeerError):
        scanner(serve(allow=broken)).echo()


def test_another_called_ae_title_is_rejected(serve: Serve) -> None:
    client = ScannerClient("127.0.0.1", serve().port, "CT1", "OTHER", 10)
    with pytest.raises(PeerError):
        client.echo()


def test_stopping_ends_associations_and_frees_the_port() -> None:
    server = DicomServer("RADFLOW", "127.0.0.1", 0, Callbacks())
    server.start()
    port = server.port
    assoc = established(server)
    server.stop()
    assoc.join(10)
    assert assoc.is_aborted
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))
