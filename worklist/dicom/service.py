"""The department's DICOM server: its callbacks joined to its sockets."""

from __future__ import annotations

from django.db import connections

from radflow.dicom.exchange import Callbacks, Limits
from radflow.dicom.server import DicomServer
from worklist.dicom import performed
from worklist.dicom.find import WorklistFinder
from worklist.dicom.recorder import FindRecorder
from worklist.selectors.worklist import refusal


class DicomService:
    """Worklist, performed steps, notices of images; served from start() to stop().

    Port 0 takes a free one.
    """

    def __init__(self, ae_title: str, host: str, port: int) -> None:
        limits = Limits()
        self._recorder = FindRecorder()
        finder = WorklistFinder(self._recorder, limits.max_matches)
        callbacks = Callbacks(
            on_find=finder.find,
            on_mpps_create=performed.create,
            on_mpps_set=performed.change,
            on_mpps_get=performed.get,
            on_available=performed.available,
            allow=_allow,
            on_association_end=connections.close_all,
        )
        self._server = DicomServer(ae_title, host, port, callbacks, limits)

    @property
    def port(self) -> int:
        return self._server.port

    def start(self) -> None:
        self._server.start()
        self._recorder.start()

    def stop(self) -> None:
        """Everything answered so far is stored before this returns."""
        self._server.stop()
        self._recorder.stop()


def _allow(calling_ae: str, called_ae: str, address: str) -> str | None:
    try:
        return refusal(calling_ae)
    finally:
        connections.close_all()
