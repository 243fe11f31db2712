"""Changes of identity or procedure of a live order: never silent (section 5.4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import HeldChange, Order
from orders.services import record_event
from radflow.accounts.models import User
from radflow.messaging.models import InboundMessage, Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory

pytestmark = pytest.mark.django_db(transaction=True)

_ids = iter(range(1, 1_000_000))
Sign = Callable[[User], Client]
BEGUN = (Event.BOOK, Event.ARRIVE, Event.PREPARE, Event.BEGIN)


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    for code in ("CTPA", "CTHEAD"):
        ProcedureFactory.create(code=code, modality="CT")
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


@pytest.fixture
def order(hospital: Peer) -> Order:
    say("NW")
    return Order.objects.get()


def say(control: str, *, more: bytes = b"", **changes: str) -> str:
    number = f"D{next(_ids)}"
    deliver(order_message(control=control, control_id=number, **changes) + more)
    return last_inbound().error_code or last_inbound().state


def happens(order: Order, *events: Event) -> None:
    for event in events:
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))


def other_exam() -> str:
    return say("XO", obr="CTHEAD^CT head^99RADFLOW")


def decide(client: Client, change: HeldChange, decision: str) -> int:
    page = f"/orders/held/{change.pk}/"
    data = {"decision": decision, "note": "Spoke to the ward"}
    return client.post(page, data).status_code


def test_before_the_start_it_is_applied_and_flagged(order: Order) -> None:
    assert other_exam() == "applied"
    change = HeldChange.objects.get()
    assert (change.applied, change.reasons) == (True, ["procedure"])
    (difference,) = change.differences
    assert (difference["ours"], difference["theirs"]) == ("CTPA", "CTHEAD")
    assert difference["from"] == "OBR-4.1"


def test_a_peer_may_have_it_held_instead(order: Order) -> None:
    Peer.objects.update(drift="hold")
    assert other_exam() == "DRIFT_HELD"
    order.refresh_from_db()
    assert order.procedure_code == "CTPA"
    assert HeldChange.objects.get().applied is False


def test_what_does_not_touch_the_exam_is_not_held(order: Order) -> None:
    Peer.objects.update(drift="hold")
    assert say("XO", more=b"NTE|1||A comment\r") == "applied"
    assert not HeldChange.objects.exists()


def test_after_the_start_it_is_always_held_and_the_station_alarmed(
    order: Order,
) -> None:
    happens(order, *BEGUN)
    assert other_exam() == "EXAM_STARTED"
    order.refresh_from_db()
    assert (order.procedure_code, order.status) == ("CTPA", "in_progress")
    assert "while the exam runs" in order.needs_attention
    assert HeldChange.objects.get().status_then == "in_progress"


def test_a_cancel_of_a_running_exam_alarms_the_station(order: Order) -> None:
    happens(order, *BEGUN)
    assert say("CA") == "EXAM_STARTED"
    order.refresh_from_db()
    assert "Cancellation received while the exam runs" in order.needs_attention


@pytest.mark.parametrize("begun", [False, True])
def test_another_patient_is_held_side_by_side(order: Order, begun: bool) -> None:
    happens(order, *(BEGUN if begun else ()))
    other = "PID|1||700999^^^GENHOSP^MR||Brandt^Karl||19300101|M"
    assert say("XO", pid=other) == "PATIENT_MISMATCH"
    change = HeldChange.objects.get()
    assert {"identity", "patient"} <= set(change.reasons)
    assert {one["label"] for one in change.differences} >= {"Born", "Identifiers"}


def test_another_study_uid_is_held_and_never_accepted(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    zds = b"ZDS|1.2.840.99.77^RADFLOW^Application^DICOM\r"
    assert say("XO", more=zds) == "205"
    change = HeldChange.objects.get()
    assert "study" in change.reasons
    assert decide(client_for(coordinator), change, "accept") == 409
    order.refresh_from_db()
    assert order.study_instance_uid != "1.2.840.99.77"


def test_accepted_it_is_applied_as_that_person_and_the_message_settled(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    Peer.objects.update(drift="hold")
    other_exam()
    message, change = last_inbound(), HeldChange.objects.get()
    assert decide(client_for(coordinator), change, "accept") == 302
    order.refresh_from_db()
    change.refresh_from_db()
    assert (order.procedure_code, change.state) == ("CTHEAD", "accepted")
    assert change.decided_by == coordinator
    assert InboundMessage.objects.get(pk=message.pk).state == "skipped"


def test_after_the_images_a_person_may_correct_the_procedure(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    happens(order, *BEGUN, Event.END)
    other_exam()
    assert decide(client_for(coordinator), HeldChange.objects.get(), "accept") == 302
    order.refresh_from_db()
    assert (order.procedure_code, order.status) == ("CTHEAD", "performed")


def test_while_the_exam_runs_it_is_not_accepted(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    happens(order, *BEGUN)
    other_exam()
    assert decide(client_for(coordinator), HeldChange.objects.get(), "accept") == 409


def test_rejected_the_order_stays_and_the_message_is_set_aside(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    Peer.objects.update(drift="hold")
    other_exam()
    client, change = client_for(coordinator), HeldChange.objects.get()
    assert decide(client, change, "reject") == 302
    order.refresh_from_db()
    assert order.procedure_code == "CTPA"
    assert last_inbound().state == "skipped"
    assert decide(client, change, "accept") == 409


def test_only_who_schedules_decides(
    order: Order, technologist: User, client_for: Sign
) -> None:
    other_exam()
    client, change = client_for(technologist), HeldChange.objects.get()
    assert client.get(f"/orders/held/{change.pk}/").status_code == 200
    assert decide(client, change, "accept") == 403


def test_the_list_costs_the_same_however_long(
    coordinator: User, client_for: Sign
) -> None:
    def change(number: int) -> None:
        say("NW", placer=f"P{number}")
        say("XO", placer=f"P{number}", obr="CTHEAD^CT head^99RADFLOW")

    client = client_for(coordinator)
    change(1)
    count_of(client)
    before = count_of(client)
    for number in range(2, 6):
        change(number)
    assert count_of(client) == before


def count_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get("/orders/held/").status_code == 200
    return len(found)
