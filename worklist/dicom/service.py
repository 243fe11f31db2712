"""The department's DICOM server: its callbacks joined to its sockets."""

from __future__ import annotations

import ssl

from django.db import connections

from radflow.dicom.exchange import AssociationInfo, Callbacks, Limits
from radflow.dicom.server import DicomServer
from worklist.dicom import performed
from worklist.dicom.find import WorklistFinder
from worklist.dicom.recorder import FindRecorder
from worklist.models import RefusedCaller
from worklist.selectors.callers import refusal
from worklist.services.callers import keep_refused


class DicomService:
    """Worklist, performed steps, what archives tell; served from start() to stop().

    Port 0 takes a free one. With `tls` a second port offers the same under TLS.
    """

    def __init__(
        self,
        ae_title: str,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        tls_port: int = 0,
    ) -> None:
        limits = Limits()
        self._recorder = FindRecorder()
        callbacks = callbacks_of(WorklistFinder(self._recorder, limits.max_matches))
        self._server = DicomServer(ae_title, host, port, callbacks, limits)
        self._secure = (
            DicomServer(ae_title, host, tls_port, callbacks, limits, tls)
            if tls
            else None
        )

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def tls_port(self) -> int:
        """0 without TLS."""
        return self._secure.port if self._secure else 0

    def start(self) -> None:
        self._server.start()
        if self._secure:
            self._secure.start()
        self._recorder.start()

    def stop(self) -> None:
        """Everything answered so far is stored before this returns."""
        if self._secure:
            self._secure.stop()
        self._server.stop()
        self._recorder.stop()


def callbacks_of(finder: WorklistFinder) -> Callbacks:
    return Callbacks(
        on_find=finder.find,
        on_mpps_create=performed.create,
        on_mpps_set=performed.change,
        on_mpps_get=performed.get,
        on_available=performed.available,
        on_dose_report=performed.dose_report,
        on_commitment=performed.commitment,
        allow=_allow,
        on_refused=_refused,
        on_association_end=connections.close_all,
    )


def _allow(caller: AssociationInfo) -> str | None:
    try:
        return refusal(caller)
    finally:
        connections.close_all()


def _refused(caller: AssociationInfo, reason: str) -> None:
    """What could not be checked is no reason that anybody could mend."""
    if reason not in RefusedCaller.Why.values:
        return
    try:
        keep_refused(caller, RefusedCaller.Why(reason))
    finally:
        connections.close_all()
