"""radflow's own processes under a test's hand: killed, started again, counted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from honcho.environ import parse_procfile

from tests.faults.crash import BOUNDARIES
from tests.instance import CHECKOUT, free_ports

PROGRAMS = ("hl7", "worker", "sender", "beat")

_numbers = count()


class Farm:
    """The processes of the Procfile that handle messages, on the test's services.

    A watchman starts at once what has fallen, as the supervisor does.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._commands = _commands(folder)
        (self.mllp_port,) = free_ports(1)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = threading.Event()
        self.falls = dict.fromkeys(PROGRAMS, 0)
        self.hits = dict.fromkeys(BOUNDARIES, 0)

    def __enter__(self) -> Farm:
        self.database_url = _new_database()
        self.environment = {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "RADFLOW_DATA_DIR": str(self.folder),
            "RADFLOW_MLLP_PORT": str(self.mllp_port),
        }
        self.armed = self.folder / "armed"
        self.armed.mkdir()
        self.run("manage.py", "migrate", "--verbosity", "0")
        for name in PROGRAMS:
            self._start(name)
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        for process in self._processes.values():
            _kill_session(process)
            process.wait(30)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(sql).fetchall()

    def count(self, sql: str) -> int:
        ((number,),) = self.query(sql)
        return int(number)

    def run(self, *arguments: str) -> None:
        """A command of ours, to its end."""
        command = [sys.executable, *arguments]
        subprocess.run(command, cwd=CHECKOUT, env=self.environment, check=True)

    def _start(self, name: str) -> None:
        command = self._commands[name]
        crash = ["-m", "tests.faults.crash", str(self.armed)]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, *crash, *command],
                cwd=CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _watch(self) -> None:
        while not self._stopping.wait(0.05):
            for name, process in list(self._processes.items()):
                if process.poll() is not None and not self._stopping.is_set():
                    self.falls[name] += 1
                    _kill_session(process)
                    self._start(name)

    def kill(self, name: str) -> bool:
        """kill -9: `worker child` is one of the worker's, in the middle of a task."""
        program, _, child = name.partition(" ")
        process = self._processes[program]
        if process.poll() is not None:
            return False
        pids = _children(process.pid) if child else [process.pid]
        if not pids:
            return False
        os.kill(pids[-1], signal.SIGKILL)
        return True

    def arm(self, boundary: str) -> None:
        """The next process that comes there falls."""
        (self.armed / boundary).touch()

    def fell_at(self, boundary: str) -> bool:
        """Whether it has, since it was armed."""
        if (self.armed / boundary).exists():
            return False
        self.hits[boundary] += 1
        return True

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]


def _commands(folder: Path) -> dict[str, list[str]]:
    """As the Procfile has them, without the interpreter."""
    text = (CHECKOUT / "Procfile").read_text()
    text = text.replace("${RADFLOW_DATA_DIR:-.data}", str(folder))
    lines = parse_procfile(text).processes
    return {name: lines[name].removeprefix("python ").split() for name in PROGRAMS}


def _new_database() -> str:
    """An empty one beside that of the environment."""
    url = urlsplit(os.environ["DATABASE_URL"])
    name = f"faults_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url.geturl(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url._replace(path=f"/{name}").geturl()


def _children(pid: int) -> list[int]:
    """Direct ones, oldest first."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return sorted(int(one) for one in text.split())
    return []


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Service:
    """The embedded server process whose command line holds `word`, to be stopped."""

    def __init__(self, word: str) -> None:
        children = _children(os.getpid())
        found = [pid for pid in children if word in _command_line(pid)[0]]
        if not found:
            pytest.skip(f"no {word} of our own to stop")
        self.pid = found[-1]

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


class Database(Service):
    """The embedded PostgreSQL: shut down at once, and started again as it was."""

    def __init__(self) -> None:
        super().__init__("postgres")
        self._command = _command_line(self.pid)
        owner = Path(f"/proc/{self.pid}").stat()
        self._user, self._group = owner.st_uid, owner.st_gid
        self._folder = Path(f"/proc/{self.pid}/cwd").readlink()
        self._again: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGQUIT)
        while Path(f"/proc/{self.pid}").exists() and not _is_zombie(self.pid):
            time.sleep(0.05)

    def start(self) -> None:
        self._again = subprocess.Popen(
            self._command,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            extra_groups=[] if os.getuid() == 0 else None,
            user=self._user,
            group=self._group,
        )

    def end(self) -> None:
        if self._again is not None:
            self._again.send_signal(signal.SIGQUIT)
            self._again.wait(30)


def _command_line(pid: int) -> list[str]:
    with suppress(OSError):
        text = Path(f"/proc/{pid}/cmdline").read_text()
        return text.rstrip("\0").split("\0")
    return [""]


def _is_zombie(pid: int) -> bool:
    with suppress(OSError):
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        )
    return True
