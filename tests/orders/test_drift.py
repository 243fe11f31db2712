"""Changes of identity or procedure of a live order: never silent (section 5.4)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import HeldChange, Order, Procedure
from orders.reconciliation.registry import kinds
from orders.services import record_event
from orders.services.changing import CHANGED
from radflow.accounts.models import User
from radflow.live.models import LiveEvent
from radflow.messaging.drain import drain
from radflow.messaging.handling import desk
from radflow.messaging.handling.replay import replay_edited, text_of
from radflow.messaging.models import InboundMessage, Peer
from radflow.messaging.services import replay_message
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory, StationFactory
from tests.worklist.pages.exams import noon
from worklist.services import book_step

pytestmark = pytest.mark.django_db(transaction=True)

_ids = iter(range(1, 1_000_000))
Sign = Callable[[User], Client]
STRANGER = "PID|1||700999^^^GENHOSP^MR||Brandt^Karl||19300101|M"
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
    assert say("XO", pid=STRANGER) == "PATIENT_MISMATCH"
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


def test_another_accession_number_is_held_and_never_accepted(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    given = "|" * 14 + "OTHER1"
    assert say("XO", obr="CTPA^CT pulmonary angiogram^99RADFLOW" + given) == "205"
    assert last_inbound().error_location == "OBR^1^18"
    change = HeldChange.objects.get()
    (difference,) = change.differences
    assert (difference["theirs"], difference["from"]) == ("OTHER1", "OBR-18.1")
    assert decide(client_for(coordinator), change, "accept") == 409
    order.refresh_from_db()
    assert order.accession_number != "OTHER1"


def test_each_difference_of_the_person_names_its_field(order: Order) -> None:
    say("XO", pid=STRANGER)
    told = {one["field"]: one["from"] for one in HeldChange.objects.get().differences}
    assert told == {
        "family_name": "PID-5.1",
        "given_name": "PID-5.2",
        "birth_date_text": "PID-7",
        "sex": "PID-8",
        "identifiers": "PID-3",
    }


@pytest.mark.parametrize("begun", [False, True])
def test_a_stranger_is_never_accepted(
    order: Order, coordinator: User, client_for: Sign, begun: bool
) -> None:
    happens(order, *(BEGUN if begun else ()))
    say("XO", pid=STRANGER)
    change = HeldChange.objects.get()
    assert decide(client_for(coordinator), change, "accept") == 409
    assert Order.objects.get().patient.family_name == "Okafor"


@pytest.mark.parametrize("decision", ["reject", "accept"])
def test_once_decided_the_warning_goes(
    order: Order, coordinator: User, client_for: Sign, decision: str
) -> None:
    Peer.objects.update(drift="hold")
    other_exam()
    assert "decision waits" in Order.objects.get().needs_attention
    assert decide(client_for(coordinator), HeldChange.objects.get(), decision) == 302
    assert Order.objects.get().needs_attention == ""


def test_rejected_while_the_exam_runs_the_alarm_goes(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    happens(order, *BEGUN)
    other_exam()
    decide(client_for(coordinator), HeldChange.objects.get(), "reject")
    assert Order.objects.get().needs_attention == ""


def test_the_alarm_stays_while_another_change_waits(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    happens(order, *BEGUN)
    other_exam()
    other_exam()
    first = HeldChange.objects.earliest("id")
    decide(client_for(coordinator), first, "reject")
    assert "while the exam runs" in Order.objects.get().needs_attention


def test_an_open_browser_hears_of_the_alarm(order: Order) -> None:
    happens(order, *BEGUN)
    LiveEvent.objects.all().delete()
    other_exam()
    assert LiveEvent.objects.filter(topic="order", object_id=order.pk).exists()


def test_the_station_shows_the_alarm_on_the_table(
    order: Order, technologist: User, client_for: Sign
) -> None:
    station = StationFactory.create()
    book_step(
        order_id=order.pk, room_id=station.room_id, start=noon(), cause=Cause(actor="t")
    )
    happens(order, Event.ARRIVE, Event.PREPARE, Event.BEGIN)
    other_exam()
    page = client_for(technologist).get("/station/", {"station": station.pk})
    assert "while the exam runs" in page.content.decode()


def test_of_two_who_decide_at_once_one_is_told(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    Peer.objects.update(drift="hold")
    other_exam()
    change = HeldChange.objects.get()
    both = [client_for(coordinator), client_for(coordinator)]
    start = Barrier(2)

    def act(client: Client, decision: str) -> int:
        start.wait(timeout=30)
        try:
            return decide(client, change, decision)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(act, both, ["accept", "reject"]))
    assert sorted(answers) == [302, 409]
    change.refresh_from_db()
    accepted = change.state == "accepted"
    assert (Order.objects.get().procedure_code == "CTHEAD") is accepted


def test_what_was_applied_is_only_marked_as_seen(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    other_exam()
    client, change = client_for(coordinator), HeldChange.objects.get()
    assert decide(client, change, "reject") == 409
    assert decide(client, change, "accept") == 302
    assert Order.objects.get().procedure_code == "CTHEAD"
    assert last_inbound().state == "applied"


def test_marked_as_seen_its_warning_goes(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    happens(order, Event.BOOK, Event.ARRIVE, Event.PREPARE)
    other_exam()
    order.refresh_from_db()
    assert "changed the procedure" in order.needs_attention
    decide(client_for(coordinator), HeldChange.objects.get(), "accept")
    order.refresh_from_db()
    assert order.needs_attention == ""


def test_its_warning_stays_while_another_is_to_be_seen(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    happens(order, Event.BOOK, Event.ARRIVE, Event.PREPARE)
    other_exam()
    say("XO", obr="CTPA^CT pulmonary angiogram^99RADFLOW")
    decide(client_for(coordinator), HeldChange.objects.earliest("id"), "accept")
    order.refresh_from_db()
    assert "changed the procedure" in order.needs_attention


def test_what_the_exam_lacks_shows_again_once_the_change_was_seen(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    Procedure.objects.filter(code="CTHEAD").update(laterality="required")
    happens(order, Event.BOOK, Event.ARRIVE, Event.PREPARE)
    other_exam()
    Order.objects.update(needs_attention=CHANGED)
    decide(client_for(coordinator), HeldChange.objects.get(), "accept")
    order.refresh_from_db()
    assert "needs a side" in order.needs_attention


def listed(name: str) -> int:
    (kind,) = [one for one in kinds() if one.name == name]
    assert len(kind.items()) == kind.standing().count()
    return kind.standing().count()


@pytest.mark.parametrize(
    ("pid", "messages", "held"),
    [
        (STRANGER, 0, 1),
        ("PID|1||700123^^^GENHOSP^MR||Okafor^Adaeze||19800514|F", 1, 0),
    ],
)
def test_somebody_else_is_reconciled_once_where_it_can_be_decided(
    order: Order, pid: str, messages: int, held: int
) -> None:
    assert say("XO", pid=pid) == "PATIENT_MISMATCH"
    assert HeldChange.objects.count() == 1
    assert (listed("messages"), listed("held")) == (messages, held)


def test_a_corrected_message_marks_it_replayed(
    order: Order, interface_admin: User
) -> None:
    happens(order, *BEGUN)
    other_exam()
    message = last_inbound()
    replay_edited(
        message_id=message.pk,
        text=text_of(message).replace("CTHEAD^CT head", "CTPA^CT pulmonary angiogram"),
        reason="Meant another order",
        by=interface_admin,
    )
    change = HeldChange.objects.get()
    assert (change.state, change.decided_by) == ("replayed", interface_admin)
    assert Order.objects.get().needs_attention == ""


def test_a_message_set_aside_rejects_it(order: Order, interface_admin: User) -> None:
    Peer.objects.update(drift="hold")
    other_exam()
    desk.skip(message_id=last_inbound().pk, reason="Wrong", by=interface_admin)
    assert HeldChange.objects.get().state == "rejected"


def test_applied_again_and_held_again_it_waits_anew(
    order: Order, interface_admin: User
) -> None:
    Peer.objects.update(drift="hold")
    other_exam()
    replay_message(message_id=last_inbound().pk, by=interface_admin)
    drain()
    states = HeldChange.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["replayed", "open"]


@pytest.mark.parametrize(
    ("decision", "comes_to"), [("accept", "applied"), ("reject", "parked")]
)
def test_the_other_orders_of_its_message_are_not_lost(
    order: Order,
    coordinator: User,
    client_for: Sign,
    decision: str,
    comes_to: str,
) -> None:
    say("NW", placer="P2")
    Peer.objects.update(drift="hold", reply_at="result")
    other = b"ORC|XO|P2^EHRX\rOBR|1|P2^EHRX||CTPA^CT pulmonary^99RADFLOW\rNTE|1||New\r"
    say("XO", more=other, obr="CTHEAD^CT head^99RADFLOW")
    change = HeldChange.objects.get()
    assert decide(client_for(coordinator), change, decision) == 302
    drain()
    assert last_inbound().state == comes_to
    told = Order.objects.get(placer_order_number="P2").comments
    assert bool(told) is (decision == "accept")


def test_the_message_waits_until_each_of_its_orders_is_decided(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    say("NW", placer="P2")
    Peer.objects.update(drift="hold")
    other = b"ORC|XO|P2^EHRX\rOBR|1|P2^EHRX||CTHEAD^CT head^99RADFLOW\r"
    say("XO", more=other, obr="CTHEAD^CT head^99RADFLOW")
    client = client_for(coordinator)
    first, second = HeldChange.objects.order_by("id")
    decide(client, first, "accept")
    assert last_inbound().state == "parked"
    decide(client, second, "reject")
    assert last_inbound().state == "skipped"
    told = Order.objects.order_by("id").values_list("procedure_code", flat=True)
    assert list(told) == ["CTHEAD", "CTPA"]


def test_an_interface_admin_decides_and_may_correct_the_message(
    order: Order, interface_admin: User, client_for: Sign
) -> None:
    Peer.objects.update(drift="hold")
    other_exam()
    client, change = client_for(interface_admin), HeldChange.objects.get()
    page = client.get(f"/orders/held/{change.pk}/").content.decode()
    assert "Fix and replay" in page
    assert decide(client, change, "reject") == 302


def count_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get("/orders/held/").status_code == 200
    return len(found)


def test_differences_are_told_in_words_where_they_are_decided(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    client = client_for(coordinator)
    say("XO", pid=STRANGER)
    change = HeldChange.objects.get()
    for address in (f"/orders/held/{change.pk}/", f"/orders/{order.pk}/"):
        text = client.get(address).content.decode()
        assert "01-Jan-1930" in text
        assert "19300101" not in text
        assert "<bdi>M</bdi>" not in text


def test_a_code_is_told_with_its_text(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    Procedure.objects.filter(code="CTHEAD").update(text="CT head")
    other_exam()
    change = HeldChange.objects.get()
    page = client_for(coordinator).get(f"/orders/held/{change.pk}/")
    assert b"CT head (CTHEAD)" in page.content


def test_open_pages_of_held_changes_refresh_their_live_part(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    client = client_for(coordinator)
    other_exam()
    change = HeldChange.objects.get()
    for address in ("/orders/held/", f"/orders/held/{change.pk}/"):
        whole = client.get(address).content.decode()
        assert f'data-live-url="{address}"' in whole
        part = client.get(address, headers={"X-Fragment": "1"}).content.decode()
        assert "<html" not in part
        assert "Procedure" in part
    decide(client, change, "accept")
    decided = client.get(f"/orders/held/{change.pk}/", headers={"X-Fragment": "1"})
    assert b"Accepted" in decided.content
