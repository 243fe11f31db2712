"""What `make run` does with ports and with processes that fall."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from queue import SimpleQueue

import pytest

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
