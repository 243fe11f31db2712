"""A hospital that is told by nobody that anything falls: it sends until it is heard.

Plain sockets, none of radflow's own wire code.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

VT, END = b"\x0b", b"\x1c\x0d"
STEPS = ("NW", "XO", "HD", "RL")
RETRY_SECONDS = 0.2


def control_id(order: int, step: str) -> str:
    return f"F{order}{step}"


def message(order: int, step: str, start: datetime) -> bytes:
    """One step in an order's life; each is later than the one before it."""
    now = start + timedelta(seconds=STEPS.index(step))
    due = start + timedelta(hours=1, minutes=order % 300)
    obr = f"OBR|1|P{order}^FAULT||CTPA^CT pulmonary angiogram^99RADFLOW"
    reason = "" if step == "NW" else f"|||||||||Step {step}"
    return (
        f"MSH|^~\\&|FAULT|FAULT|RADFLOW|RADDEPT|{now:%Y%m%d%H%M%S}+0000||ORM^O01|"
        f"{control_id(order, step)}|P|2.3.1\r"
        f"PID|1||M{order}^^^FAULT^MR||Fault{order}^Ada||19800514|F\r"
        f"ORC|{step}|P{order}^FAULT|||||1^^^{due:%Y%m%d%H%M%S}+0000^^R||"
        f"{now:%Y%m%d%H%M%S}+0000\r{obr}{reason}\r"
    ).encode()


def code_of(answer: bytes) -> str:
    """MSA-1."""
    for line in answer.split(b"\r"):
        if line.startswith(b"MSA|"):
            return line.split(b"|")[1].decode()
    return ""


class Senders:
    """Several connections; each sends its orders step by step, waiting for AA.

    As many as are allowed: so there is traffic left for every fall.
    """

    def __init__(self, port: int, orders: int, connections: int) -> None:
        self._port = port
        self._shares = [range(n, orders, connections) for n in range(connections)]
        self._lock = threading.Lock()
        self._allowed = threading.Semaphore(0)
        self._start = datetime.now(UTC).replace(microsecond=0)
        self.acknowledged: dict[str, float] = {}
        self.answers: list[tuple[float, str]] = []
        self._threads = [
            threading.Thread(target=self._send_all, args=(share,), daemon=True)
            for share in self._shares
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def allow(self, count: int) -> None:
        """So many more may be sent."""
        self._allowed.release(count)

    def join(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _send_all(self, share: range) -> None:
        line = Line(self._port)
        for order in share:
            for step in STEPS:
                self._allowed.acquire()
                self._until_heard(line, order, step)
        line.close()

    def _until_heard(self, line: Line, order: int, step: str) -> None:
        raw = message(order, step, self._start)
        while True:
            answer = line.exchange(raw)
            with self._lock:
                self.answers.append((time.monotonic(), code_of(answer)))
            if code_of(answer) == "AA":
                with self._lock:
                    self.acknowledged[control_id(order, step)] = time.monotonic()
                return
            time.sleep(RETRY_SECONDS)


class Line:
    """A connection that is made again when it breaks."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def exchange(self, raw: bytes) -> bytes:
        """The answer; empty when none came."""
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), 10)
            self._socket.sendall(VT + raw + END)
            answer = read_block(self._socket)
        except OSError:
            answer = b""
        if not answer:
            self.close()
        return answer

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def read_block(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(END):
        part = connection.recv(65536)
        if not part:
            return b""
        data += part
    return data.removeprefix(VT).removesuffix(END)


@dataclass
class Receiver:
    """Says AA to everything, and keeps all that came, in its order."""

    received: list[bytes] = field(default_factory=list)

    def start(self) -> int:
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        port: int = self._server.getsockname()[1]
        return port

    def stop(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(
                target=self._serve, args=(connection,), daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            for raw in _blocks(connection):
                self.received.append(raw)
                head = raw.split(b"\r")[0].split(b"|")
                connection.sendall(
                    VT
                    + b"MSH|^~\\&|HIS|HIS|RADFLOW|RADDEPT|20260101||ACK|R|P|2.5.1\r"
                    + b"MSA|AA|"
                    + head[9]
                    + b"\r"
                    + END
                )

    def by_order(self) -> dict[str, list[tuple[str, str]]]:
        """Placer number to (control ID, ORC-25) as first received."""
        seen: set[bytes] = set()
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for raw in self.received:
            if raw in seen:
                continue
            seen.add(raw)
            lines = {line[:3]: line.split(b"|") for line in raw.split(b"\r")}
            number = lines[b"ORC"][2].decode()
            state = lines[b"ORC"][25].split(b"^")[0].decode()
            found[number].append((lines[b"MSH"][9].decode(), state))
        return found


def _blocks(connection: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            raw = read_block(connection)
        except OSError:
            return
        if not raw:
            return
        yield raw


def wait_until(what: str, probe: Callable[[], bool], seconds: float) -> float:
    """Ask until it is so; returns the seconds that it took."""
    started = time.monotonic()
    while not probe():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"did not happen within {seconds} s: {what}")
        time.sleep(0.01)
    return time.monotonic() - started
