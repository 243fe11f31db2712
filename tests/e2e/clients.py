"""The outside world, without a line of radflow's own wire code."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
from websockets.sync.client import ClientConnection, connect

VT, END = b"\x0b", b"\x1c\x0d"
T = TypeVar("T")


def wait_for(what: str, probe: Callable[[], T | None], seconds: float = 30) -> T:
    """Ask until the answer is truthy; the wait is for the event, the time a limit."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := probe():
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {seconds} s: {what}")
        time.sleep(0.1)


def send(port: int, message: str | bytes, *, timeout: float = 10) -> str:
    """One block over a plain socket; the answer's text."""
    raw = message.encode() if isinstance(message, str) else message
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.sendall(VT + raw + END)
        return _read_block(connection).decode("utf-8", "replace")


def _read_block(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(END):
        part = connection.recv(65536)
        if not part:
            break
        data += part
    return data.removeprefix(VT).removesuffix(END)


def fields(message: str, name: str) -> list[str]:
    """The fields of the first segment of this name; index 3 is the third."""
    for line in message.replace("\n", "\r").split("\r"):
        if line.startswith(f"{name}|"):
            parts = line.split("|")
            return ["MSH", "|", *parts[1:]] if name == "MSH" else parts
    return []


@dataclass
class Hospital:
    """A listening receiver that keeps what it gets and says AA."""

    port: int
    received: list[str] = field(default_factory=list)

    def start(self) -> None:
        self._server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

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
            while message := _read_block(connection).decode():
                self.received.append(message)
                connection.sendall(VT + self._ack(message) + END)

    def _ack(self, message: str) -> bytes:
        control_id = fields(message, "MSH")[10]
        now = datetime.now(UTC)
        lines = [
            f"MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|{now:%Y%m%d%H%M%S}||ACK|"
            f"K{len(self.received)}|P|2.5.1",
            f"MSA|AA|{control_id}",
        ]
        return ("\r".join(lines) + "\r").encode()

    def of_type(self, kind: str, *containing: str) -> list[str]:
        """Messages of this MSH-9 that hold all of these texts."""
        return [
            message
            for message in list(self.received)
            if fields(message, "MSH")[9].startswith(kind)
            and all(text in message for text in containing)
        ]


class Rest:
    """The REST contract with a bearer token."""

    def __init__(self, url: str, username: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1/", timeout=30)
        answer = self._client.post(
            "auth/token/", json={"username": username, "password": "radflow-demo"}
        )
        answer.raise_for_status()
        self.token: str = answer.json()["token"]
        assert answer.json()["expiry"]
        self._client.headers["Authorization"] = f"Bearer {self.token}"

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **query: str | int) -> Any:
        answer = self._client.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def status(self, method: str, path: str, **json: Any) -> int:
        return self._client.request(method, path, json=json or None).status_code

    def post(self, path: str, **json: Any) -> Any:
        answer = self._client.post(path, json=json)
        answer.raise_for_status()
        return answer.json()

    def order(self, accession: str) -> dict[str, Any] | None:
        found = self.get("orders/", accession_number=accession)["results"]
        return found[0] if found else None

    def message(self, control_id: str) -> dict[str, Any] | None:
        found = self.get("messages/", control_id=control_id)["results"]
        return found[-1] if found else None

    def socket(self, after: int | None = None) -> ClientConnection:
        root = str(self._client.base_url).split("/api/")[0]
        address = root.replace("http", "ws", 1) + "/ws/live/"
        query = "" if after is None else f"?after={after}"
        headers = {"Authorization": f"Bearer {self.token}"}
        return connect(address + query, additional_headers=headers)


def findscu(port: int, *keys: str, calling: str = "FINDSCU") -> list[dict[str, str]]:
    """dcmtk's findscu; per answer the values by tag, `0040,0002` and the like."""
    command = ["findscu", "-W", "-aet", calling, "-aec", "RADFLOW"]
    for key in keys:
        command += ["-k", key]
    done = subprocess.run(
        [*command, "127.0.0.1", str(port)], capture_output=True, text=True, timeout=60
    )
    text = done.stdout + done.stderr
    answers = re.split(r"Find Response: \d+ \(Pending\)", text)[1:]
    line = re.compile(r"\(([0-9a-f]{4},[0-9a-f]{4})\) \w\w (?:\[([^\]]*)\])?")
    return [
        {match[1]: (match[2] or "").strip() for match in line.finditer(answer)}
        for answer in answers
    ]
