"""A running DICOM server, with scanners that call it."""

from __future__ import annotations

from radflow.dicom.client import ScannerClient
from worklist.dicom.service import DicomService


class Department:
    """A running DICOM server; stopping it stores what it still remembers."""

    def __init__(self) -> None:
        self._service = DicomService("RADFLOW", "127.0.0.1", 0)
        self._service.start()
        self._running = True
        # Where a client that works with files finds and leaves them.
        self.folder = ""

    @property
    def port(self) -> int:
        return self._service.port

    def scanner(self, ae_title: str = "CT1_AE") -> ScannerClient:
        return ScannerClient("127.0.0.1", self._service.port, ae_title, "RADFLOW", 10.0)

    def stop(self) -> None:
        if self._running:
            self._running = False
            self._service.stop()
