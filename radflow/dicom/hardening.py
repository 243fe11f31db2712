"""Bounds pynetdicom lacks: time and size of what a peer may make us hold.

A stock acceptor blocks in ``recv`` for as long as a peer stalls inside a PDU, past
every timer it has, and buffers whatever length the header announces, before it knows
who is asking. A handful of connections with six bytes each hold all its slots.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
import select
import socket
import ssl
import threading
import time
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider
from pynetdicom.transport import (
    AssociationServer,
    AssociationSocket,
    RequestHandler,
)

from radflow.dicom.exchange import AssociationInfo, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_HEADER_LENGTH = 6


class PeerMisbehaved(OSError):
    """Ends the connection: pynetdicom takes an OSError in recv as a lost peer."""


class GuardedSocket(AssociationSocket):
    """One peer's connection: bounded PDUs, bounded messages, deadlines both ways.

    The DUL thread reads and sends; the association's thread sends worklist answers
    directly, so sending is serialised.
    """

    def __init__(
        self, assoc: Association, client_socket: socket.socket, limits: Limits
    ) -> None:
        super().__init__(assoc, client_socket=client_socket)
        self._limits = limits
        self._sending = threading.Lock()
        # OpenSSL lets one thread at a time into a connection; TCP needs no turns.
        is_tls = isinstance(client_socket, ssl.SSLSocket)
        self._reading = self._sending if is_tls else contextlib.nullcontext()
        self._deadline: float | None = None
        self._message_length = 0

    def message_received(self) -> None:
        """A whole DIMSE message has arrived: count the next one from zero."""
        self._message_length = 0

    def recv(self, nr_bytes: int) -> bytearray:
        """Called twice per PDU, for the header and for the rest of it."""
        is_header = self._deadline is None
        if is_header:
            self._deadline = time.monotonic() + self._limits.pdu_deadline
        self._check_length(nr_bytes)
        data = self._read(nr_bytes)
        if not is_header or len(data) < _HEADER_LENGTH:
            self._deadline = None
        return data

    def send(self, bytestream: bytes) -> None:
        self.send_all(bytestream)

    def send_all(self, data: bytes) -> bool:
        """False when the peer is gone or does not read; the connection then ends."""
        with self._sending:
            connection = self.socket
            if connection is None:
                return False
            try:
                connection.sendall(data)
            except OSError:
                self.end()
                return False
        return True

    def end(self) -> None:
        """Cut the connection.

        The DUL thread then reads the end of the stream and ends the association; an
        event queued from here too would reach its state machine twice.
        """
        connection = self.socket
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def shake_hands(self) -> bool:
        """TLS begins, in the association's own thread and within its deadline."""
        connection = self.socket
        if not isinstance(connection, ssl.SSLSocket):
            return True
        try:
            connection.settimeout(self._limits.association_timeout)
            connection.do_handshake()
            connection.settimeout(self._limits.send_deadline)
        except OSError as error:
            logger.warning("no TLS with a peer: %s", type(error).__name__)
            self.end()
            connection.close()
            return False
        return True

    @property
    def certificate(self) -> str:
        """SHA-256 of what the peer showed under TLS; empty where it showed none."""
        connection = self.socket
        if not isinstance(connection, ssl.SSLSocket):
            return ""
        with contextlib.suppress(OSError, ValueError):
            if shown := connection.getpeercert(binary_form=True):
                return hashlib.sha256(shown).hexdigest()
        return ""

    def _check_length(self, nr_bytes: int) -> None:
        self._message_length += nr_bytes
        if (
            nr_bytes > self._limits.max_incoming_pdu
            or self._message_length > self._limits.max_message
        ):
            raise PeerMisbehaved("more bytes than a peer may send")
        if self.assoc.dimse.msg_queue.qsize() > self._limits.max_waiting_messages:
            raise PeerMisbehaved("more requests than a peer may send ahead")

    def _read(self, nr_bytes: int) -> bytearray:
        data = bytearray()
        while len(data) < nr_bytes:
            received = self._receive(min(nr_bytes - len(data), 65536))
            if not received:
                break
            data += received
        return data

    def _receive(self, nr_bytes: int) -> bytes:
        connection = self.socket
        if connection is None or self._deadline is None:
            return b""
        remaining = self._deadline - time.monotonic()
        if remaining <= 0 or not _has_data(connection, remaining):
            raise PeerMisbehaved("a started PDU was not finished in time")
        with self._reading:
            return connection.recv(nr_bytes)


def _has_data(connection: socket.socket, seconds: float) -> bool:
    """Waits for some; a TLS record may hold more than was read of it."""
    if isinstance(connection, ssl.SSLSocket) and connection.pending():
        return True
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


class GuardedProvider(DULServiceProvider):
    """The upper layer's thread, which dies quietly of what a peer sends."""

    def run_reactor(self) -> None:
        try:
            super().run_reactor()
        except Exception as error:
            # Its text may quote the PDU. The association notices the thread is gone.
            logger.warning("association ended: %s", type(error).__name__)


class GuardedAssociation(Association):
    """An acceptor that tells when its thread ends, whatever it ends of."""

    _server: GuardedServer

    def __init__(self, server: GuardedServer) -> None:
        super().__init__(server.ae, MODE_ACCEPTOR)
        self._server = server
        self.dul = GuardedProvider(self)
        # Their setters also set the timers of the upper layer.
        self.acse_timeout = server.ae.acse_timeout
        self.network_timeout = server.ae.network_timeout
        self.short_id = secrets.token_hex(4)

    def run_reactor(self) -> None:
        try:
            connection = self.guarded_socket
            if connection is not None and connection.shake_hands():
                super().run_reactor()
        except Exception as error:
            logger.warning(
                "association %s ended: %s", self.short_id, type(error).__name__
            )
            self._end()
        finally:
            self._server.association_ended()

    def _end(self) -> None:
        if self.guarded_socket is not None:
            self.guarded_socket.end()
        self.kill()

    def connection_closed(self) -> None:
        """Stop waiting for an A-ASSOCIATE request that can no longer come."""
        if self.requestor.primitive is None:
            # The reader takes None for "nothing came"; the stubs do not know.
            queue: Any = self.dul.to_user_queue
            queue.put(None)

    @property
    def guarded_socket(self) -> GuardedSocket | None:
        connection = self.dul.socket
        return connection if isinstance(connection, GuardedSocket) else None

    @property
    def address(self) -> str:
        info = self.requestor.address_info
        return info.address if info else ""

    @property
    def remote_port(self) -> int:
        info = self.requestor.address_info
        return info.port if info else 0

    @property
    def peer(self) -> AssociationInfo:
        """Readable from the moment the A-ASSOCIATE request is in."""
        request = self.requestor.primitive
        connection = self.guarded_socket
        return AssociationInfo(
            calling_ae=str(request.calling_ae_title).strip() if request else "",
            called_ae=str(request.called_ae_title).strip() if request else "",
            address=self.address,
            port=self.remote_port,
            max_pdu=self.requestor.maximum_length or 0,
            association_id=self.short_id,
            certificate=connection.certificate if connection else "",
        )


class GuardedRequestHandler(RequestHandler):
    """Builds the guarded association and socket in place of the stock ones."""

    server: GuardedServer

    def _create_association(self) -> Association:
        server = self.server
        assoc = GuardedAssociation(server)
        # pynetdicom finds an acceptor's running threads by this name.
        assoc.name = f"AcceptorThread@{assoc.short_id}"
        assoc.set_socket(GuardedSocket(assoc, self.request, server.limits))
        assoc.acceptor.maximum_length = self.ae.maximum_pdu_size
        assoc.acceptor.ae_title = server.ae_title
        assoc.acceptor.address_info = self.local
        assoc.acceptor.implementation_class_uid = self.ae.implementation_class_uid
        assoc.acceptor.implementation_version_name = self.ae.implementation_version_name
        assoc.acceptor.supported_contexts = deepcopy(server.contexts)
        assoc.requestor.address_info = self.remote
        server.bind_events(assoc)
        server.track(assoc)
        return assoc


class GuardedServer(AssociationServer):
    """Accepts connections within the limits; one association is two threads."""

    def __init__(
        self,
        *args: Any,
        limits: Limits,
        on_association_end: Callable[[], None] | None = None,
        **kwargs: Any,
    ) -> None:
        self.limits = limits
        self._on_association_end = on_association_end
        self._associations: list[GuardedAssociation] = []
        kwargs["request_handler"] = GuardedRequestHandler
        super().__init__(*args, **kwargs)

    def associations(self) -> list[GuardedAssociation]:
        """Those whose thread still runs."""
        self._associations = [a for a in self._associations if a.is_alive()]
        return list(self._associations)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Under TLS nobody's handshake may keep the next peer waiting."""
        listener = self.socket
        if listener is None:
            raise OSError("the server is stopped")
        connection, address = listener.accept()
        if self.ssl_context:
            connection = self.ssl_context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """False closes the connection before it costs a thread."""
        running = self.associations()
        address = client_address[0]
        nearby = sum(a.address == address for a in running)
        # Above max_associations a peer is still told why, while that is affordable.
        room = self.limits.max_associations + self.limits.max_per_address
        if nearby >= self.limits.max_per_address or len(running) >= room:
            logger.warning("connection refused: too many from %s", address)
            return False
        # Without TCP_NODELAY every answer waits 40 ms for the peer's delayed ACK.
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        request.settimeout(self.limits.send_deadline)
        return True

    def track(self, assoc: GuardedAssociation) -> None:
        self._associations.append(assoc)

    def bind_events(self, assoc: Association) -> None:
        for event, bound in self._handlers.items():
            # One handler for an intervention event, a list for a notification.
            for handler, arguments in bound if isinstance(bound, list) else [bound]:
                assoc.bind(event, handler, arguments)

    def association_ended(self) -> None:
        if self._on_association_end is not None:
            self._on_association_end()

    def is_full(self) -> bool:
        """One more than max_associations is being negotiated."""
        established = sum(a.is_established for a in self.associations())
        return established >= self.limits.max_associations

    def service_actions(self) -> None:
        """The stock server collects all garbage here, every sixty connections."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.error("connection from %s could not be served", client_address[0])
