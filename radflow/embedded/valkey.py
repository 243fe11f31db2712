"""The embedded Valkey: wake-ups, channel layer and cache, on a loopback port.

TCP, as Celery's broker addresses name a unix socket in a way no other client reads.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from radflow.embedded.binaries import Binaries
from radflow.embedded.children import Server, last_line, start_server, stop
from radflow.embedded.errors import ServicesError
from radflow.embedded.home import Home

_ADDRESS = "127.0.0.1"
_START_SECONDS = 60
_STOP_SECONDS = 15
# Between choosing a free port and binding it, another program may take it.
_PORT_ATTEMPTS = 5


@contextmanager
def running(home: Home, binaries: Binaries, *, durable: bool) -> Iterator[Server]:
    """The server, with its REDIS_URL, while it runs."""
    server = _start(home, binaries, durable)
    try:
        yield server
    finally:
        stop(server.process, signal.SIGTERM, seconds=_STOP_SECONDS)


def _start(home: Home, binaries: Binaries, durable: bool) -> Server:
    log = home.folder / "valkey.log"
    for _ in range(_PORT_ATTEMPTS):
        port = _free_port()
        server = _launch(_configuration(home, port, durable), home, binaries, log)
        url = f"redis://:{home.state.broker_password}@{_ADDRESS}:{port}/0"
        if _wait_until_ready(server, port, home.state.broker_password):
            return Server("Valkey", url, server)
        stop(server, signal.SIGTERM, seconds=_STOP_SECONDS)
    raise ServicesError(f"Valkey did not start: {last_line(log)} ({log})")


def _launch(
    configuration: str, home: Home, binaries: Binaries, log: Path
) -> subprocess.Popen[bytes]:
    # Through standard input: the password is in no file and no process list.
    server = start_server(
        [str(binaries.valkey), "-"],
        account=home.account,
        lock_fd=home.lock_fd,
        death_signal=signal.SIGTERM,
        log=log,
        stdin=subprocess.PIPE,
    )
    assert server.stdin is not None
    server.stdin.write(configuration.encode())
    server.stdin.close()
    return server


def _configuration(home: Home, port: int, durable: bool) -> str:
    settings = {
        "bind": _ADDRESS,
        "port": str(port),
        "requirepass": home.state.broker_password,
        "dir": f'"{home.own_folder("valkey")}"',
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory": "0",
        "loglevel": "warning",
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())


def _free_port() -> int:
    with socket.create_server((_ADDRESS, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(
    server: subprocess.Popen[bytes], port: int, password: str
) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        if _answers(port, password):
            return True
        time.sleep(0.02)
    return False


def _answers(port: int, password: str) -> bool:
    """Reading a long append-only file, it answers "loading" for a while."""
    try:
        with socket.create_connection((_ADDRESS, port), timeout=5) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            replies = connection.makefile("rb")
            return [replies.readline() for _ in range(2)] == [b"+OK\r\n", b"+PONG\r\n"]
    except OSError:
        return False
