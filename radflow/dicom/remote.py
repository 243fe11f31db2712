"""A DICOM application elsewhere: one association per call, released at the end."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, build_role, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from radflow.dicom import statuses
from radflow.dicom.errors import PeerError

_PENDING = frozenset({statuses.PENDING, statuses.PENDING_UNSUPPORTED_KEYS})
_SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]


@dataclass(frozen=True, slots=True)
class Reply:
    """The response of an N-service: not every status but 0 is a failure."""

    status: int
    comment: str = ""
    error_id: int | None = None


@dataclass(frozen=True, slots=True)
class Remote:
    """Where it listens, and who we say that we are; raises PeerError when refused.

    `timeout` in seconds holds for the connection, the association and each answer.
    """

    host: str
    port: int
    calling_ae: str
    called_ae: str
    timeout: float = 30.0
    # With it the server's certificate must be for `host`.
    tls: ssl.SSLContext | None = None

    def echo(self) -> int:
        """The status of a C-ECHO."""
        with self.association(Verification) as assoc:
            return int(_checked(assoc.send_c_echo()).Status)

    def find(self, query: Dataset, sop_class: str) -> list[Dataset]:
        """The matches; raises PeerError with the status of a query that failed."""
        with self.association(sop_class) as assoc:
            return found_on(assoc, query, sop_class)

    def create(self, uid: str, values: Dataset, sop_class: str) -> Reply:
        with self.association(sop_class) as assoc:
            status, _ = assoc.send_n_create(values or None, sop_class, uid)
            return reply_of(status)

    def change(self, uid: str, values: Dataset, sop_class: str) -> Reply:
        with self.association(sop_class) as assoc:
            status, _ = assoc.send_n_set(values, sop_class, uid)
            return reply_of(status)

    @contextmanager
    def association(
        self, sop_class: str, *, as_provider: bool = False
    ) -> Iterator[Association]:
        """`as_provider` tells of events: the SCP of the service is who calls."""
        entity = AE(self.calling_ae)
        entity.connection_timeout = self.timeout
        entity.acse_timeout = entity.dimse_timeout = self.timeout
        entity.add_requested_context(sop_class, _SYNTAXES)
        assoc = entity.associate(
            self.host,
            self.port,
            ae_title=self.called_ae,
            ext_neg=[build_role(sop_class, scp_role=True)] if as_provider else None,
            tls_args=(self.tls, self.host) if self.tls else None,
            evt_handlers=[(evt.EVT_CONN_OPEN, _send_at_once)],
        )
        if not assoc.is_established:
            raise PeerError(
                "association refused" if assoc.is_rejected else "no association"
            )
        try:
            yield assoc
        finally:
            if assoc.is_established:
                assoc.release()


def found_on(assoc: Association, query: Dataset, sop_class: str) -> list[Dataset]:
    """The matches of one query on an open association, as `find`."""
    found: list[Dataset] = []
    for status, match in assoc.send_c_find(query, sop_class):
        code = int(_checked(status).Status)
        if code in _PENDING and match is not None:
            found.append(match)
        elif code != statuses.SUCCESS:
            raise PeerError(f"C-FIND ended with 0x{code:04X}", code)
    return found


def _send_at_once(event: Event) -> None:
    """A request is several PDUs: none waits for the answer to the one before."""
    connection = event.assoc.dul.socket
    if connection is not None and connection.socket is not None:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _checked(status: Any) -> Any:
    # pynetdicom answers with an empty dataset when the peer fell silent or aborted.
    if "Status" not in status:
        raise PeerError("no response")
    return status


def reply_of(status: Any) -> Reply:
    answered = _checked(status)
    return Reply(
        status=int(answered.Status),
        comment=str(answered.get("ErrorComment") or ""),
        error_id=answered.get("ErrorID"),
    )
