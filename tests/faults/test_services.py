"""The broker away for 20 seconds, and the database: what the hospital sees of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import pytest

from tests.faults.farm import Database, Farm, Service
from tests.faults.hospital import Line, Receiver, code_of, message, wait_until

AWAY_SECONDS = 20
WAITING = "SELECT count(*) FROM messaging_inbound WHERE state = 'received'"
_numbers = count()


@pytest.fixture
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    hospital = Receiver()
    with Farm(tmp_path_factory.mktemp("farm")) as running:
        running.run("-m", "tests.faults.site", str(hospital.start()))
        wait_until("an order is taken", lambda: _send(running) == "AA", 60)
        wait_until("it is applied", lambda: not running.count(WAITING), 60)
        yield running
    hospital.stop()


def _send(farm: Farm) -> str:
    """A new order on a connection of its own: MSA-1, empty for no answer."""
    line = Line(farm.mllp_port)
    answer = line.exchange(message(next(_numbers), "NW", datetime.now(UTC)))
    line.close()
    return code_of(answer)


def _for(seconds: float) -> Iterator[None]:
    """Ten times a second: a busy hospital, not a race of two queues."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.1)


def test_without_the_broker_messages_are_taken_and_applied_after_its_return(
    farm: Farm,
) -> None:
    broker = Service("valkey")
    broker.freeze()
    try:
        answers = [_send(farm) for _ in _for(AWAY_SECONDS)]
    finally:
        broker.thaw()
    assert set(answers) == {"AA"}
    taken = wait_until("the inbox is drained", lambda: not farm.count(WAITING), 120)
    print(f"{len(answers)} taken, drained {taken:.1f} s after the broker's return")


def test_without_the_database_nothing_is_accepted_and_then_it_goes_on(
    farm: Farm,
) -> None:
    database = Database()
    database.stop()
    try:
        answers = [_send(farm) for _ in _for(AWAY_SECONDS)]
    finally:
        database.start()
    assert "AA" not in answers
    taken = wait_until("the first order is accepted", lambda: _send(farm) == "AA", 60)
    wait_until("the inbox is drained", lambda: not farm.count(WAITING), 120)
    print(f"accepted {taken:.1f} s after the database's return")
    database.end()
