"""The connections to receivers: one to each in a process, kept open."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from radflow.hl7.client import MLLPClient, MLLPUnavailable
from radflow.messaging import tls
from radflow.messaging.models import Peer


@dataclass(frozen=True)
class Destination:
    """Where a peer's messages go now, and how they are carried."""

    host: str
    port: int
    tls: bool = False
    release2: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def destination_of(peer: Peer) -> Destination:
    """Its own address, or the one that it is redirected to."""
    redirected = bool(peer.redirect_host)
    host = peer.redirect_host if redirected else peer.host
    port = peer.redirect_port if redirected else peer.port
    return Destination(host, port, peer.tls_out, peer.release2_out)


@dataclass
class _Line:
    """An answer belongs to whoever asked: one message at a time on each."""

    destination: Destination | None = None
    client: MLLPClient | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def lead_to(self, destination: Destination) -> MLLPClient:
        if self.client is None or self.destination != destination:
            self.close()
            self.client, self.destination = _client(destination), destination
        return self.client

    def close(self) -> None:
        if self.client is not None:
            self.client.close()
        self.client = self.destination = None


_lines: dict[tuple[int, int], _Line] = {}  # by process: a child inherits no socket
_lines_lock = threading.Lock()


@contextmanager
def connection_to(peer: Peer) -> Iterator[MLLPClient]:
    """The peer's client, for this caller alone; MLLPUnavailable if TLS is not set up.

    After any error the connection is closed: a late answer must match nothing, and
    the next one is made with the certificates as they are then.
    """
    line = _line(peer.pk)
    with line.lock:
        client = line.lead_to(destination_of(peer))
        client.timeout = float(peer.ack_timeout)
        try:
            yield client
        except Exception:
            line.close()
            raise


def _line(peer_id: int) -> _Line:
    with _lines_lock:
        return _lines.setdefault((os.getpid(), peer_id), _Line())


def _client(destination: Destination) -> MLLPClient:
    return MLLPClient(
        destination.host,
        destination.port,
        ssl=_context() if destination.tls else None,
        release2=destination.release2,
    )


def _context() -> ssl.SSLContext:
    try:
        return tls.for_sending()
    except (tls.NotConfigured, OSError) as error:
        raise MLLPUnavailable("TLS is not set up") from error


def close_connections() -> None:
    """Close what this process holds open."""
    with _lines_lock:
        held = [line for (pid, _), line in _lines.items() if pid == os.getpid()]
        _lines.clear()
    for line in held:
        with line.lock:
            line.close()
