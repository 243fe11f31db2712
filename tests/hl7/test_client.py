from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from radflow.hl7.client import MLLPClient, MLLPTimeout, MLLPUnavailable
from radflow.hl7.framing import FrameReader, frame

Script = Callable[[socket.socket], None]


class Receiver:
    """Answers each connection by the next script; counts connections."""

    def __init__(self, *scripts: Script) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.ended = threading.Semaphore(0)
        self._scripts = scripts
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        for script in self._scripts:
            connection, _ = self._listener.accept()
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                script(connection)
            self.ended.release()

    def close(self) -> None:
        self._thread.join(10)
        self._listener.close()
        assert not self._thread.is_alive()


@pytest.fixture
def receiver() -> Iterator[Callable[..., Receiver]]:
    started: list[Receiver] = []

    def start(*scripts: Script) -> Receiver:
        started.append(Receiver(*scripts))
        return started[-1]

    yield start
    for one in started:
        one.close()


def _messages(connection: socket.socket) -> Iterator[bytes]:
    reader = FrameReader()
    while data := connection.recv(65536):
        yield from reader.feed(data)


def answer_all(connection: socket.socket) -> None:
    for raw in _messages(connection):
        for byte in frame(b"got " + raw):
            connection.sendall(bytes([byte]))


def answer_once(connection: socket.socket) -> None:
    connection.sendall(frame(b"got " + next(_messages(connection))))


def answer_twice(connection: socket.socket) -> None:
    raw = next(_messages(connection))
    connection.sendall(frame(b"got " + raw) + frame(b"again"))
    connection.recv(1)


def hang_up(connection: socket.socket) -> None:
    next(_messages(connection))


def talk_nonsense(connection: socket.socket) -> None:
    next(_messages(connection))
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def say_nothing(connection: socket.socket) -> None:
    for _ in _messages(connection):
        pass


def test_one_connection_carries_all_messages(
    receiver: Callable[..., Receiver],
) -> None:
    other = receiver(answer_all)
    with MLLPClient("127.0.0.1", other.port) as client:
        assert [client.send(b"a"), client.send(b"b" * 100_000)] == [
            b"got a",
            b"got " + b"b" * 100_000,
        ]
    assert other.connections == 1


def test_an_answer_that_is_no_block_is_none(
    receiver: Callable[..., Receiver],
) -> None:
    other = receiver(talk_nonsense, answer_all)
    with MLLPClient("127.0.0.1", other.port) as client:
        with pytest.raises(MLLPUnavailable):
            client.send(b"a")
        assert client.send(b"b") == b"got b"


@pytest.mark.parametrize("first", [answer_once, answer_twice])
def test_a_connection_that_cannot_be_trusted_is_replaced(
    receiver: Callable[..., Receiver], first: Script
) -> None:
    other = receiver(first, answer_all)
    with MLLPClient("127.0.0.1", other.port) as client:
        assert client.send(b"a") == b"got a"
        assert other.ended.acquire(timeout=10)
        assert client.send(b"b") == b"got b"


def test_a_broken_connection_is_told_and_the_next_try_connects(
    receiver: Callable[..., Receiver],
) -> None:
    other = receiver(hang_up, answer_all)
    with MLLPClient("127.0.0.1", other.port) as client:
        with pytest.raises(MLLPUnavailable):
            client.send(b"a")
        assert client.send(b"a") == b"got a"


def test_no_answer_in_time_closes_the_socket(
    receiver: Callable[..., Receiver],
) -> None:
    other = receiver(say_nothing, answer_all)
    with MLLPClient("127.0.0.1", other.port, timeout=0.1) as client:
        with pytest.raises(MLLPTimeout):
            client.send(b"a")
        client.timeout = 10
        assert client.send(b"a") == b"got a"
    assert other.connections == 2


def test_nobody_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(MLLPUnavailable):
        MLLPClient("127.0.0.1", port).send(b"a")
