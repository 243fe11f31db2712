from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from radflow.dicom.client import ScannerClient
from radflow.dicom.exchange import Callbacks, Limits
from radflow.dicom.server import DicomServer

Serve = Callable[..., DicomServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers on free loopback ports and stops them after the test."""
    started: list[DicomServer] = []

    def start(limits: Limits | None = None, **callbacks: Any) -> DicomServer:
        server = DicomServer("RADFLOW", "127.0.0.1", 0, Callbacks(**callbacks), limits)
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def scanner() -> Callable[..., ScannerClient]:
    def connect(server: DicomServer, calling_ae: str = "CT1") -> ScannerClient:
        return ScannerClient("127.0.0.1", server.port, calling_ae, "RADFLOW", 10.0)

    return connect
