"""A whole radflow of its own: spare ports, a temporary folder, nothing shared."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from types import TracebackType

CHECKOUT = Path(__file__).resolve().parent.parent
START_SECONDS = 300  # two of them begin at once on a machine of two cores


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now; held open until all are found."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Instance:
    """`with Instance() as radflow:` runs the launcher as `make run` does.

    The simulator stays away, so the receiver's port is free for the caller. Extra
    environment variables are given by keyword.
    """

    def __init__(self, **environment: str) -> None:
        ports = free_ports(4)
        self.http_port, self.mllp_port, self.dicom_port, self.receiver_port = ports
        self.url = f"http://127.0.0.1:{self.http_port}"
        self._folder = tempfile.TemporaryDirectory(prefix="radflow-")
        self.data_dir = Path(self._folder.name)
        self._environment = {
            **_inherited(),
            "RADFLOW_DATA_DIR": str(self.data_dir / "data"),
            "RADFLOW_HTTP_PORT": str(self.http_port),
            "RADFLOW_MLLP_PORT": str(self.mllp_port),
            "RADFLOW_DICOM_PORT": str(self.dicom_port),
            "RADFLOW_DEMO_RECEIVER_PORT": str(self.receiver_port),
            "RADFLOW_DEMO": "1",
            "RADFLOW_DEMO_SIMULATOR": "0",
            # All senders of a test have one address.
            "RADFLOW_MLLP_MAX_PER_ADDRESS": "64",
            **environment,
        }
        self._log = self.data_dir / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Instance:
        command = [sys.executable, "-m", "radflow.launch", "--with-parent"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_ready()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=60)
        self._folder.cleanup()

    def log_tail(self, lines: int = 60) -> str:
        """The end of what the processes printed, for a failure's message."""
        text = self._log.read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"radflow ended:\n{self.log_tail()}")
            if _answers(f"{self.url}/readyz") and self._all_listen():
                return
            time.sleep(0.2)
        raise RuntimeError(f"radflow is not ready:\n{self.log_tail()}")

    def _all_listen(self) -> bool:
        return all(_listens(port) for port in (self.mllp_port, self.dicom_port))


def _inherited() -> dict[str, str]:
    """The caller's environment without what would join it to another radflow."""
    alien = ("RADFLOW_", "DATABASE_URL", "REDIS_URL", "DJANGO_")
    return {k: v for k, v in os.environ.items() if not k.startswith(alien)}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
