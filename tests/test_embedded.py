"""The embedded services from outside: as a program that other programs start."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

CHECKOUT = Path(__file__).resolve().parent.parent
GIVEN = {"DATABASE_URL": "postgresql://elsewhere/x", "REDIS_URL": "redis://far/0"}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="is about root")


@dataclass(frozen=True)
class Started:
    data_dir: Path
    process: subprocess.Popen[str]
    urls: dict[str, str]

    def query(self, statement: str) -> list[tuple[object, ...]]:
        url = self.urls["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def broker(self) -> redis.Redis:
        return redis.Redis.from_url(self.urls["REDIS_URL"])


def environment(**more: str) -> dict[str, str]:
    own = {"DATABASE_URL", "REDIS_URL", "RADFLOW_DATA_DIR"}
    return {name: value for name, value in os.environ.items() if name not in own} | more


def embedded(*arguments: object, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "radflow.embedded", *map(str, arguments)],
        cwd=CHECKOUT,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


@contextmanager
def started(data_dir: Path) -> Iterator[Started]:
    with embedded("--data-dir", data_dir) as process:
        assert process.stdout
        lines = [process.stdout.readline().strip() for _ in range(2)]
        urls = dict(line.split("=", 1) for line in lines if line)
        assert len(urls) == 2, process.communicate()
        yield Started(data_dir, process, urls)
        process.terminate()


def remove(data_dir: Path) -> None:
    assert outcome(embedded("--data-dir", data_dir, "--remove")) == (0, "", "")


def wait_until_ended(pids: list[int]) -> None:
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        with os.fdopen(handle):
            assert select.select([handle], [], [], 60)[0], f"{pid} lives on"


@contextmanager
def open_folder() -> Iterator[Path]:
    """Unlike `tmp_path`, open to the account that the servers run as."""
    with tempfile.TemporaryDirectory(prefix="radflow-test-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with open_folder() as path:
        yield path


@pytest.fixture(scope="module")
def running() -> Iterator[Started]:
    with open_folder() as path, started(path) as servers:
        yield servers


def test_a_second_start_keeps_the_data(data_dir: Path) -> None:
    with started(data_dir) as first:
        first.query("CREATE TABLE kept AS SELECT 'Østergård' AS name")
        first.broker().set("kept", "yes")
    with started(data_dir) as second:
        assert second.query("SELECT upper(name) FROM kept") == [("ØSTERGÅRD",)]
        assert second.broker().get("kept") == b"yes"


def test_killing_the_parent_ends_the_servers_and_the_next_start_recovers(
    data_dir: Path,
) -> None:
    with started(data_dir) as first:
        first.query("CREATE TABLE kept AS SELECT 1")
        first.broker().set("kept", "yes")
        servers = psutil.Process(first.process.pid).children(recursive=True)
        assert len(servers) > 2
        first.process.kill()
        with started(data_dir) as second:
            assert second.query("SELECT * FROM kept") == [(1,)]
            assert second.broker().get("kept") == b"yes"
        wait_until_ended([each.pid for each in servers])


def test_killed_servers_leave_nothing_that_stops_the_next_start(data_dir: Path) -> None:
    with started(data_dir) as first:
        first.query("CREATE TABLE kept AS SELECT 1")
        for server in psutil.Process(first.process.pid).children(recursive=True):
            server.kill()
        first.process.kill()
    with started(data_dir) as second:
        assert second.query("SELECT * FROM kept") == [(1,)]


def test_a_second_instance_on_the_same_folder_is_refused_in_one_line(
    running: Started,
) -> None:
    code, output, errors = outcome(embedded("--data-dir", running.data_dir))
    assert (code, output) == (1, "")
    assert errors == f"Already running on the data folder {running.data_dir}.\n"


def test_another_data_folder_runs_beside_it_however_long_its_path(
    running: Started,
) -> None:
    running.query("CREATE TABLE only_here AS SELECT 1")
    # Longer than a unix socket's path may be.
    long = running.data_dir.with_name("a folder's name, " * 10) / ("x" * 150)
    with started(long) as other:
        assert other.query("SELECT to_regclass('only_here')::text") == [(None,)]
    remove(long)


def test_nobody_gets_in_without_the_password(running: Started) -> None:
    query = running.urls["DATABASE_URL"].partition("?")[2]
    for user in ("radflow", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://{user}:wrong@/postgres?{query}")
    port = running.urls["REDIS_URL"].rpartition(":")[2].partition("/")[0]
    stranger = redis.Redis(port=int(port))
    with stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_the_command_runs_with_the_addresses_and_its_exit_code_is_ours(
    data_dir: Path,
) -> None:
    command = 'case "$DATABASE_URL$REDIS_URL" in postgresql*redis*) exit 7;; esac'
    process = embedded("--data-dir", data_dir, "--", "sh", "-c", command)
    assert outcome(process) == (7, "", "")


def test_a_signal_reaches_the_command() -> None:
    told = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))"
    program = f"import signal, sys; {told}; print('up', flush=True); signal.pause()"
    process = embedded("--", sys.executable, "-c", program, **GIVEN)
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    assert outcome(process) == (3, "", "")


def test_services_that_the_environment_names_are_not_started(data_dir: Path) -> None:
    process = embedded(
        "--data-dir", data_dir, "--", "printenv", "DATABASE_URL", "REDIS_URL", **GIVEN
    )
    code, output, _ = outcome(process)
    assert (code, output.split()) == (0, list(GIVEN.values()))
    assert not data_dir.exists()


@as_root
def test_root_may_keep_the_data_in_a_folder_closed_to_others(tmp_path: Path) -> None:
    data_dir = tmp_path / "closed" / "data"
    data_dir.parent.mkdir(mode=0o700)
    with started(data_dir) as first:
        first.query("CREATE TABLE kept AS SELECT 1")
    with started(data_dir) as second:
        assert second.query("SELECT * FROM kept") == [(1,)]
    assert data_dir.parent.stat().st_mode & 0o777 == 0o700
    remove(data_dir)
    assert not data_dir.exists()


def test_removing_takes_no_folder_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    code, _, errors = outcome(embedded("--data-dir", tmp_path, "--remove"))
    assert code == 1
    assert "not a data folder" in errors
    assert (tmp_path / "thesis.txt").exists()
