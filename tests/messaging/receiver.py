"""A hospital that answers: a real MLLP listener on a free port, in a thread."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Self

from radflow.hl7.framing import COMMITTED, FrameReader, frame
from radflow.hl7.message import Message

Answer = Callable[[bytes], bytes | None]
WAIT = 20.0


def answer_with(code: str, *, control_id: str = "") -> Answer:
    def answer(raw: bytes) -> bytes:
        wanted = control_id or Message.parse(raw).control_id
        return (
            "MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123||ACK|9|P|2.5.1\r"
            f"MSA|{code}|{wanted}\rERR||PID^1^3|101|E||||Mend it.\r"
        ).encode()

    return answer


class Receiver:
    """Answers each block by the next of `answers`, the last for all that follow.

    None closes the connection without an answer, as a lost acknowledgement does.
    `commits` counts the commit acknowledgements (release 2) it got.
    """

    def __init__(
        self,
        *answers: Answer,
        context: ssl.SSLContext | None = None,
        release2: bool = False,
    ) -> None:
        self.context = context
        self.release2 = release2
        self.commits = 0
        self.answers = list(answers) or [answer_with("AA")]
        self.received: list[bytes] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept)]
        self._open: list[socket.socket] = []

    @property
    def connections(self) -> int:
        return len(self._open)

    @property
    def control_ids(self) -> list[str]:
        return [Message.parse(raw).control_id for raw in self.received]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(WAIT)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(WAIT)
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        reader = FrameReader()
        connection.settimeout(WAIT)
        while True:
            try:
                data = connection.recv(65536)
            except OSError:
                return
            if not data:
                return
            for raw in reader.feed(data):
                if raw == COMMITTED:
                    self.commits += 1
                    continue
                answer = self._answer(raw)
                if answer is None:
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                before = frame(COMMITTED) if self.release2 else b""
                connection.sendall(before + frame(answer))

    def _answer(self, raw: bytes) -> bytes | None:
        with self._lock:
            self.received.append(raw)
            act = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return act(raw)
