"""kill -9, 50 times over 5,000 messages: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from functools import partial

import pytest

from tests.faults.crash import BOUNDARIES
from tests.faults.farm import Farm
from tests.faults.hospital import STEPS, Receiver, Senders, control_id, wait_until

MESSAGES = int(os.environ.get("RADFLOW_FAULT_MESSAGES", "5000"))
KILLS = int(os.environ.get("RADFLOW_FAULT_KILLS", "50"))
ORDERS = MESSAGES // len(STEPS)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    hospital = Receiver()
    yield hospital
    hospital.stop()


@pytest.fixture(scope="module")
def farm(
    tmp_path_factory: pytest.TempPathFactory, receiver: Receiver
) -> Iterator[Farm]:
    with Farm(tmp_path_factory.mktemp("farm")) as running:
        running.run("-m", "tests.faults.site", str(receiver.start()))
        yield running


WAITING = "SELECT count(*) FROM messaging_inbound WHERE state = 'received'"
UNSENT = "SELECT count(*) FROM messaging_outbound WHERE state <> 'acknowledged'"
TOLD = """
FROM orders_event e JOIN messaging_inbound m ON m.id = e.inbound_id
WHERE e.kind = 'message' AND e.title LIKE '% ORM^O01 %' AND e.outbound_id IS NULL
"""


@pytest.fixture(scope="module")
def survived(farm: Farm, receiver: Receiver) -> Senders:
    """The storm: all is sent and acknowledged while processes fall, then it ends."""
    senders = Senders(farm.mllp_port, ORDERS, connections=8)
    senders.start()
    _kill_along(farm, senders)
    assert senders.join(900), farm.log("hl7")
    wait_until("the inbox is drained", lambda: not farm.count(WAITING), 600)
    wait_until("the outbox is sent", lambda: not farm.count(UNSENT), 600)
    return senders


def _kill_along(farm: Farm, senders: Senders) -> None:
    """One fall in the middle of every share of the messages."""
    ways = ["hl7", "worker", "sender", "beat", "worker child", *BOUNDARIES]
    plan = list(itertools.islice(itertools.cycle(ways), KILLS))
    random.Random(4).shuffle(plan)
    share = ORDERS * len(STEPS) // KILLS
    for number, name in enumerate(plan):
        if name in BOUNDARIES:
            farm.arm(name)
        senders.allow(share)
        half = partial(_heard, senders, number * share + share // 2)
        wait_until("half of the next share is heard", half, 300)
        fall = partial(farm.fell_at if name in BOUNDARIES else farm.kill, name)
        wait_until(f"{name} fell", fall, 60)
    senders.allow(ORDERS * len(STEPS))


def _heard(senders: Senders, enough: int) -> bool:
    return len(senders.acknowledged) >= enough


def test_every_boundary_was_hit(survived: Senders, farm: Farm) -> None:
    assert all(farm.hits.values())
    assert all(farm.falls.values())


def test_everything_was_acknowledged(survived: Senders) -> None:
    assert len(survived.acknowledged) == ORDERS * len(STEPS)


def test_nothing_acknowledged_is_lost(survived: Senders, farm: Farm) -> None:
    stored = farm.query(
        "SELECT control_id, state FROM messaging_inbound WHERE duplicate_of_id IS NULL"
    )
    assert sorted(control for control, _ in stored) == sorted(survived.acknowledged)
    assert {state for _, state in stored} == {"applied"}


def test_nothing_is_applied_twice(survived: Senders, farm: Farm) -> None:
    """Each message has told its order's timeline once what it brought."""
    told = farm.query(f"SELECT m.control_id, count(*) {TOLD} GROUP BY 1")
    assert {times for _, times in told} == {1}
    assert len(told) == ORDERS * len(STEPS)
    ((orders, patients),) = farm.query(
        "SELECT count(*), count(DISTINCT patient_id) FROM orders_order"
    )
    assert orders == patients == ORDERS


def test_no_order_was_turned_around(survived: Senders, farm: Farm) -> None:
    """The steps took effect in the order in which they were sent."""
    rows = farm.query(f"SELECT m.control_id {TOLD} ORDER BY e.order_id, e.id")
    told = [control for (control,) in rows]
    for n in range(0, len(told), len(STEPS)):
        number = told[n][1:-2]
        expected = [control_id(int(number), step) for step in STEPS]
        assert told[n : n + len(STEPS)] == expected
    states = farm.query("SELECT DISTINCT status FROM orders_order")
    assert states == [("scheduled",)]


def test_the_receiver_hears_each_change_in_its_order(
    survived: Senders, receiver: Receiver
) -> None:
    """Resent ones are the same bytes, so the receiver can tell; none is missing."""
    heard = receiver.by_order()
    assert len(heard) == ORDERS
    for news in heard.values():
        assert [state for _, state in news] == ["SCHEDULED", "ON_HOLD", "SCHEDULED"]
        assert len({control for control, _ in news}) == len(news)
