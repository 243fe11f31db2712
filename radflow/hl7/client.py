"""A blocking MLLP sender: one outstanding message, one persistent connection."""

from __future__ import annotations

import socket
import ssl as tls
import time
from types import TracebackType

from radflow.hl7.framing import (
    COMMITTED,
    NOT_COMMITTED,
    FrameReader,
    FrameTooLarge,
    frame,
)
from radflow.hl7.sockets import tune


class MLLPError(Exception):
    """Not delivered as far as we know; the same bytes may be sent again."""


class MLLPUnavailable(MLLPError):
    """Nobody listens, or the connection broke."""


class MLLPTimeout(MLLPError):
    """No answer in time. The socket is closed: a late answer must match nothing."""


class MLLPRefused(MLLPError):
    """A release 2 receiver says that it could not store the block."""


class MLLPClient:
    """`timeout` in seconds holds for connecting and for each answer.

    It checks no acknowledgement: whether the answer is one, and to this message, is
    for the caller to read. Commit acknowledgements are understood of any receiver;
    with `release2` they are given too.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout: float = 10.0,
        ssl: tls.SSLContext | None = None,
        release2: bool = False,
    ) -> None:
        self.release2 = release2
        self.host = host
        self.port = port
        self.timeout = timeout
        self._ssl = ssl
        self._socket: socket.socket | None = None

    def send(self, payload: bytes) -> bytes:
        """Send one message and return the next block that comes back."""
        connection = self._connect()
        answered = False
        try:
            answer, answered = self._exchange(connection, payload)
            return answer
        except TimeoutError:
            raise MLLPTimeout(f"no answer within {self.timeout} s") from None
        except (OSError, FrameTooLarge) as error:
            raise MLLPUnavailable(type(error).__name__) from error
        finally:
            # Also when a task is interrupted: the answer that may yet come is not
            # that of the next message.
            if not answered:
                self.close()

    def _connect(self) -> socket.socket:
        if self._socket is not None and _is_stale(self._socket):
            self.close()
        if self._socket is None:
            try:
                self._socket = self._open()
            except OSError as error:
                raise MLLPUnavailable(type(error).__name__) from error
        return self._socket

    def _open(self) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), self.timeout)
        tune(plain)
        if self._ssl is None:
            return plain
        try:
            return self._ssl.wrap_socket(plain, server_hostname=self.host)
        except OSError:
            plain.close()
            raise

    def _exchange(
        self, connection: socket.socket, payload: bytes
    ) -> tuple[bytes, bool]:
        """The answer, and whether it was all that came."""
        deadline = time.monotonic() + self.timeout
        connection.settimeout(self.timeout)
        connection.sendall(frame(payload))
        reader = FrameReader()
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
            data = connection.recv(65536)
            if not data:
                raise MLLPUnavailable("connection closed before an answer")
            blocks = _content(reader.feed(data))
            if blocks:
                if self.release2:
                    connection.sendall(frame(COMMITTED))
                return blocks[0], len(blocks) == 1 and not reader.in_block

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> MLLPClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _content(blocks: list[bytes]) -> list[bytes]:
    """Without the commit acknowledgement; the answer is proof enough of storage."""
    if NOT_COMMITTED in blocks:
        raise MLLPRefused("the receiver could not store the message")
    return [block for block in blocks if block != COMMITTED]


def _is_stale(connection: socket.socket) -> bool:
    """The peer closed it, or left bytes nobody asked for."""
    connection.setblocking(False)
    try:
        connection.recv(1)
    except (BlockingIOError, tls.SSLWantReadError):
        return False
    except OSError:
        return True
    return True
