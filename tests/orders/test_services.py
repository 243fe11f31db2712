"""The order's write path: versions, causes, refusals, and two at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from orders import numbers
from orders.cause import Cause
from orders.exceptions import AccessionUsed, VersionConflict
from orders.lifecycle import CELLS, Event, ExamState, Refused, decide
from orders.models import Order, OrderEvent
from orders.services import note, record_event
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.live.models import LiveEvent
from radflow.messaging.models import OutboundMessage
from tests.factories import PeerFactory, make_order

pytestmark = pytest.mark.django_db


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run each in a thread of its own; results or the errors they raised."""
    start = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int) -> None:
        start.wait()
        try:
            results[index] = calls[index]()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def event(order: Order, what: Event, **more: Any) -> Order:
    cause = more.pop("cause", Cause(actor="test"))
    return record_event(order_id=order.pk, event=what, cause=cause, **more)


def in_state(state: ExamState) -> Order:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(status=state, status_before="ordered")
    return order


@pytest.mark.parametrize(("state", "what"), CELLS, ids=lambda value: value.value)
def test_the_service_does_what_the_matrix_says(state: ExamState, what: Event) -> None:
    order = in_state(state)
    events = OrderEvent.objects.count()
    try:
        expected = decide(state, what)
    except Refused as refused:
        with pytest.raises(Refused) as told:
            event(order, what)
        assert told.value.code == refused.code
        order.refresh_from_db()
        assert (order.status, order.version) == (state, 1)
        assert OrderEvent.objects.count() == events
        return
    after = event(order, what)
    goal = ExamState.ORDERED if expected.back else expected.state or state
    assert after.status == goal
    assert bool(after.needs_attention) is expected.task
    changed = goal is not state or expected.task
    assert after.version == (2 if changed else 1)
    assert OrderEvent.objects.count() == events + changed


def test_each_change_raises_the_version_and_leaves_its_traces(
    technologist: User,
) -> None:
    order = make_order()
    changed = event(order, Event.ARRIVE, cause=Cause(user=technologist))
    assert changed.version == order.version + 1
    entry = order.events.latest("id")
    assert (entry.user, entry.from_status, entry.to_status) == (
        technologist,
        "ordered",
        "arrived",
    )
    audited = AuditEntry.objects.latest("id")
    assert (audited.action, audited.order_id) == ("order_arrive", order.pk)
    hint = LiveEvent.objects.filter(topic="order", object_id=order.pk).latest("id")
    assert hint.version == changed.version


def test_a_stale_page_changes_nothing() -> None:
    order = make_order()
    event(order, Event.ARRIVE)
    with pytest.raises(VersionConflict):
        event(order, Event.CANCEL, expected_version=order.version)
    order.refresh_from_db()
    assert order.status == "arrived"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(5))
def test_of_a_cancel_and_a_begin_at_once_exactly_one_wins(turn: int) -> None:
    order = make_order()
    results = at_once(
        lambda: event(order, Event.CANCEL, expected_version=1),
        lambda: event(order, Event.BEGIN, expected_version=1),
    )
    won = [result for result in results if isinstance(result, Order)]
    lost = [result for result in results if isinstance(result, VersionConflict)]
    assert (len(won), len(lost)) == (1, 1)
    order.refresh_from_db()
    assert (order.status, order.version) == (won[0].status, 2)


@pytest.mark.django_db(transaction=True)
def test_without_versions_a_begin_wins_and_the_cancel_is_seen() -> None:
    order = make_order()
    results = at_once(
        lambda: event(order, Event.CANCEL), lambda: event(order, Event.BEGIN)
    )
    order.refresh_from_db()
    assert order.status == "in_progress"
    refused = [r.code for r in results if isinstance(r, Refused)]
    assert refused == ["EXAM_STARTED"] or order.needs_attention


@pytest.mark.django_db(transaction=True)
def test_accession_numbers_given_at_once_differ() -> None:
    made = at_once(*[make_order for _ in range(6)])
    assert len({order.accession_number for order in made}) == 6


def test_a_number_that_a_hospital_gave_is_never_given_again() -> None:
    taken = [_following(numbers.new_accession(), step) for step in (1, 2)]
    for number in taken:
        make_order(accession_number=number)
    order = make_order()
    assert order.accession_number not in taken
    assert len(order.accession_number) <= 16


def _following(number: str, step: int) -> str:
    year, _, running = number.rpartition("-")
    return f"{year}-{int(running) + step:06d}"


def test_a_number_of_ours_is_refused_to_a_hospital() -> None:
    ours = make_order().accession_number
    with pytest.raises(AccessionUsed):
        make_order(accession_number=ours)


def test_a_study_uid_is_never_pointed_elsewhere() -> None:
    uid = make_order().study_instance_uid
    with pytest.raises(AccessionUsed):
        make_order(study_instance_uid=uid)


def test_a_note_changes_no_state_and_no_version() -> None:
    order = make_order()
    note(
        order_id=order.pk, kind=OrderEvent.Kind.NOTE, title="x", cause=Cause(actor="t")
    )
    order.refresh_from_db()
    assert order.version == 1
    assert order.events.count() == 2


STATUS = {
    Event.ARRIVE: ("SC", "ARRIVED", "S"),
    Event.BEGIN: ("IP", "STARTED", "I"),
    Event.HOLD: ("HD", "ON_HOLD", "S"),
    Event.CANCEL: ("CA", "CANCELLED", "X"),
    Event.REPLACE: ("RP", "REPLACED", "X"),
}


@pytest.mark.parametrize("version", ["2.3.1", "2.5.1"])
@pytest.mark.parametrize("what", STATUS)
def test_each_state_is_told_in_the_codes_of_its_table(
    what: Event, version: str
) -> None:
    peer = PeerFactory.create(host="h", port=1, version_out=version)
    order = make_order(peer=peer)
    event(order, what)
    raw = bytes(OutboundMessage.objects.get().raw).decode()
    lines = {line[:3]: line.split("|") for line in raw.split("\r")}
    code, exact, result = STATUS[what]
    assert lines["ORC"][1:2] + lines["ORC"][5:6] == ["SC", code]
    assert lines["OBR"][25] == result
    told = lines["ORC"][25].split("^")[0] if len(lines["ORC"]) > 25 else ""
    assert told == (exact if version == "2.5.1" else "")


@pytest.mark.parametrize(
    "peer", [{}, {"host": "h", "port": 1, "wants_status": False}, {"enabled": False}]
)
def test_nothing_is_told_to_who_has_no_address_or_no_wish(peer: dict[str, Any]) -> None:
    order = make_order(peer=PeerFactory.create(**peer))
    event(order, Event.BEGIN)
    assert OutboundMessage.objects.count() == 0
