"""What `make run` does with ports and with processes that fall."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from queue import SimpleQueue

import pytest

from radflow.launch import running
from radflow.launch.ports import misspelt_port, taken_port
from radflow.launch.supervisor import RESTARTS, Event, Fatal, Supervisor


def test_a_taken_port_is_told_with_the_variable_to_set() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taker:
        port = taker.getsockname()[1]
        told = taken_port("127.0.0.1", {"RADFLOW_MLLP_PORT": port})
    assert told == (
        f"Port {port} on 127.0.0.1 cannot be used (Address already in use): "
        "set RADFLOW_MLLP_PORT to another one."
    )
    assert taken_port("127.0.0.1", {"RADFLOW_MLLP_PORT": port}) is None


def test_a_port_that_is_no_number_is_told_by_name() -> None:
    told = misspelt_port({"RADFLOW_HTTP_PORT": "80a", "OTHER_PORT": "x"})
    assert told == "RADFLOW_HTTP_PORT is '80a': set it to a port number."
    assert misspelt_port({"RADFLOW_HTTP_PORT": "8000"}) is None


def test_a_fallen_program_is_started_again_within_a_bound(
    capfd: pytest.CaptureFixture[str],
) -> None:
    supervisor = Supervisor(
        {"steady": "sleep 600", "frail": "false"}, os.environ, SimpleQueue()
    )
    supervisor.start()
    verdict = supervisor.run()
    supervisor.stop()
    assert verdict == "frail ended (exit code 1) more than 5 times in a minute"
    assert capfd.readouterr().out.count("starting it again") == RESTARTS


def test_stopping_ends_what_a_program_started_and_shows_its_last_lines(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    program = f"""sh -c 'trap "echo goodbye; exit" TERM; sleep 600 >{alive} & wait'"""
    supervisor = Supervisor({"parent": program}, os.environ, SimpleQueue())
    supervisor.start()
    with alive.open() as grandchild:  # opens when the other end does
        supervisor.stop()
        assert grandchild.read() == "", "open as long as the grandchild lives"
    assert "goodbye" in capfd.readouterr().out


def test_everything_stops_when_a_service_is_gone() -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    supervisor = Supervisor({"steady": "sleep 600"}, os.environ, events)
    supervisor.start()
    events.put(Fatal("PostgreSQL ended (exit code 1)"))
    assert supervisor.run() == "PostgreSQL ended (exit code 1)"
    supervisor.stop()


def test_a_command_beside_the_server_finds_its_database(tmp_path: Path) -> None:
    server = {"DATABASE_URL": "postgresql://x", "RADFLOW_DEMO": "1", "HOME": "/h"}
    beside = {"RADFLOW_DATA_DIR": str(tmp_path), "RADFLOW_DEMO": "0"}
    with running.told(tmp_path, server):
        (told,) = tmp_path.iterdir()
        assert told.stat().st_mode & 0o777 == 0o600
        running.join(beside)
    assert beside["DATABASE_URL"] == "postgresql://x"
    assert beside["RADFLOW_DEMO"] == "0"
    assert "HOME" not in beside
    assert not list(tmp_path.iterdir())


def test_a_command_with_a_database_of_its_own_keeps_it(tmp_path: Path) -> None:
    own = {"DATABASE_URL": "postgresql://own", "RADFLOW_DATA_DIR": str(tmp_path)}
    with running.told(tmp_path, {"DATABASE_URL": "postgresql://x"}):
        running.join(own)
    assert own["DATABASE_URL"] == "postgresql://own"
