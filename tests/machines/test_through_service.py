"""Each pair of the exam's table through the service, with a real database."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from orders.cause import Cause
from orders.exceptions import VersionConflict
from orders.lifecycle import LETTERS, Event, Refused
from orders.models import Order, OrderEvent
from orders.services import (
    doubt_identity,
    hold,
    record_event,
    release,
    settle_identity,
)
from orders.services.holding import PLACER
from tests.factories import make_order
from tests.machines import standard
from tests.machines.standard import NO_STATE

pytestmark = pytest.mark.django_db

TABLE = standard.read(standard.EXAM)
PAIRS = [(state, event) for state, event in TABLE if state != NO_STATE]
CAUSE = Cause(actor="test")


def run(order: Order, *events: str) -> Order:
    for event in events:
        order = record_event(order_id=order.pk, event=Event(event), cause=CAUSE)
    return order


@pytest.mark.parametrize("guard", (False, True), ids=["", "guard"])
@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_a_pair(state: str, event: str, guard: bool) -> None:
    expected = TABLE[state, event][guard]
    order = make_order()
    Order.objects.filter(pk=order.pk).update(
        status=LETTERS[state], status_before="scheduled"
    )
    entries = OrderEvent.objects.count()
    code = ""
    try:
        record_event(order_id=order.pk, event=Event(event), cause=CAUSE, guard=guard)
    except Refused as refused:
        code = refused.code
    order.refresh_from_db()
    goal = {"=": state, "~": state, "b": "S"}.get(expected.goal, expected.goal)
    changed = goal != state or expected.task
    assert code == expected.refusal
    assert order.status == LETTERS[goal]
    assert bool(order.needs_attention) is expected.task
    assert order.version == 1 + changed
    assert OrderEvent.objects.count() == entries + changed


def test_a_held_exam_scanned_by_mistake_is_held_again_and_goes_back_on_release() -> (
    None
):
    order = run(make_order(), "bok")
    hold(order_id=order.pk, by=PLACER, cause=CAUSE)
    assert run(order, "beg", "req").status == "on_hold"
    released = release(order_id=order.pk, by=PLACER, cause=CAUSE)
    assert released.status == "scheduled"


def test_a_hold_that_a_scan_has_overtaken_does_not_prevent_the_next_one() -> None:
    order = make_order()
    hold(order_id=order.pk, by=PLACER, cause=CAUSE)
    run(order, "beg")
    record_event(order_id=order.pk, event=Event.REQUEUE, cause=CAUSE, guard=True)
    assert hold(order_id=order.pk, by=PLACER, cause=CAUSE).status == "on_hold"


def test_an_append_case_goes_back_to_performed() -> None:
    assert run(make_order(), "beg", "end", "beg", "req").status == "performed"


def test_doubt_about_a_held_exam_is_settled_while_it_runs() -> None:
    order = make_order()
    doubt_identity(order_id=order.pk, reason="Compare", cause=CAUSE)
    run(order, "beg")
    settled = settle_identity(order_id=order.pk, note="Same person", cause=CAUSE)
    assert (settled.status, settled.holds) == ("in_progress", [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(5))
def test_of_two_with_the_same_version_exactly_one_wins(turn: int) -> None:
    order = make_order()
    acts: list[Callable[[], Order]] = [
        lambda: record_event(
            order_id=order.pk, event=Event.ARRIVE, cause=CAUSE, expected_version=1
        ),
        lambda: hold(order_id=order.pk, by=PLACER, cause=CAUSE, expected_version=1),
    ]
    start, outcomes = threading.Barrier(2), list[str]()

    def act(index: int) -> None:
        start.wait()
        try:
            outcomes.append(acts[index]().status)
        except VersionConflict as conflict:
            outcomes.append(conflict.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(index,)) for index in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    order.refresh_from_db()
    assert sorted(outcomes) == sorted(["VERSION_CONFLICT", order.status])
    assert order.version == 2
