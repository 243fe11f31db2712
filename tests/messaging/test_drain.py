"""Each message applied once and in its order, whatever fails in between."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone

from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.hl7.acks import HL7Error
from radflow.live.models import LiveEvent
from radflow.messaging import applying, parking
from radflow.messaging import drain as module
from radflow.messaging.applying import RETRIES
from radflow.messaging.drain import drain
from radflow.messaging.exceptions import Parked, WrongState
from radflow.messaging.intake import Intake, Received
from radflow.messaging.models import InboundMessage, InboundState, Peer
from radflow.messaging.routes import Inbound
from radflow.messaging.services import replay_message
from radflow.messaging.tasks import drain_inbox
from tests.messaging.routes import Act, Script, hospital, script

__all__ = ["hospital", "script"]

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 30.0


def arrive(*names: str, key: str = "") -> None:
    """Messages by control ID, such as `A1`; the key is the letters unless given."""
    raws = [
        "MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123||ZZZ^Z01|"
        f"{name}|P|2.5.1\rZKY|{key or name.rstrip('0123456789')}\r"
        for name in names
    ]
    Intake().receive([Received(raw.encode(), "192.0.2.1:5") for raw in raws])


def row(name: str) -> InboundMessage:
    return InboundMessage.objects.get(control_id=name)


def effects() -> Counter[int]:
    return Counter(
        LiveEvent.objects.filter(topic="effect").values_list("object_id", flat=True)
    )


def make_due() -> None:
    InboundMessage.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def raising(error: Exception) -> Act:
    def act(inbound: Inbound) -> None:
        raise error

    return act


def in_threads(count: int, work: Callable[[], object]) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
        assert not thread.is_alive()
    assert failures == []


def test_applies_and_tells_what_was_touched(script: Script) -> None:
    arrive("A1")
    assert drain() == 1
    found = row("A1")
    assert (found.state, found.order_ids) == ("applied", [found.pk])
    assert found.applied_at is not None
    assert "w" * 200 in found.warnings
    assert drain() == 0


def test_two_workers_apply_a_backlog_once_and_in_the_order_of_each_key(
    script: Script,
) -> None:
    names = [f"{key}{n}" for n in range(12) for key in "ABCD"]
    arrive(*names)
    in_threads(2, drain)
    drain()
    assert sorted(script.applied) == sorted(names)
    for key in "ABCD":
        mine = [name for name in script.applied if name.startswith(key)]
        assert mine == [f"{key}{n}" for n in range(12)]
    assert set(effects().values()) == {1}


def test_while_one_is_being_applied_only_other_keys_move(script: Script) -> None:
    started, release = threading.Event(), threading.Event()

    def hold(inbound: Inbound) -> None:
        started.set()
        assert release.wait(WAIT)

    script.acts["A1"] = hold
    arrive("A1", "A2", "B1")

    def work() -> None:
        drain(1)
        connection.close()

    slow = threading.Thread(target=work)
    slow.start()
    assert started.wait(WAIT)
    assert drain() == 1
    assert (row("A2").state, row("B1").state) == ("received", "applied")
    release.set()
    slow.join(WAIT)
    drain()
    assert script.applied == ["B1", "A1", "A2"]


def test_one_that_speaks_of_two_keys_waits_for_both(script: Script) -> None:
    script.acts["A1"] = raising(OperationalError("busy"))
    arrive("A1")
    arrive("AB1", key="B~A")
    arrive("B1")
    drain()
    assert script.applied == []
    del script.acts["A1"]
    make_due()
    drain()
    assert script.applied == ["A1", "AB1", "B1"]


def test_while_one_waits_for_its_retry_others_flow(script: Script) -> None:
    script.acts["A1"] = raising(OperationalError("busy"))
    arrive("A1", "A2", "B1")
    drain()
    assert script.applied == ["B1"]
    assert (row("A1").state, row("A1").attempts) == ("received", 1)
    assert row("A1").next_attempt_at > timezone.now()


def test_a_long_queue_behind_one_key_does_not_hide_the_others(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WINDOW", 4)
    script.acts["A0"] = raising(OperationalError("busy"))
    arrive(*(f"A{n}" for n in range(9)), "B1", "C1")
    drain()
    assert script.applied == ["B1", "C1"]


def test_takes_no_more_than_it_was_asked_to(script: Script) -> None:
    arrive("A1", "A2", "A3")
    assert drain(2) == 2
    assert script.applied == ["A1", "A2"]


def test_a_parked_one_shows_its_reason_and_holds_back_nobody(script: Script) -> None:
    script.acts["A1"] = raising(
        Parked("UNKNOWN_ORDER", "Send the order first.", "ORC^1^2")
    )
    arrive("A1", "A2")
    drain()
    found = row("A1")
    assert (found.state, found.error_code, found.error_location, found.error_text) == (
        "parked",
        "UNKNOWN_ORDER",
        "ORC^1^2",
        "Send the order first.",
    )
    assert script.refused == [("A1", "UNKNOWN_ORDER")]
    assert script.applied == ["A2"]
    assert found.pk not in effects()


def test_a_fault_found_while_applying_parks_with_its_place(script: Script) -> None:
    script.acts["A1"] = raising(HL7Error("102", "Not a time.", "OBR^1^36"))
    arrive("A1")
    drain()
    assert (row("A1").state, row("A1").error_location) == ("parked", "OBR^1^36")


@pytest.mark.parametrize(
    "error", [OperationalError("x"), IntegrityError("x"), ZeroDivisionError("x")]
)
def test_tries_again_then_parks_and_leaves_nothing_half_done(
    script: Script, error: Exception
) -> None:
    script.acts["A1"] = raising(error)
    arrive("A1", "A2", "B1")
    for attempt in range(len(RETRIES)):
        drain()
        assert (row("A1").state, row("A1").attempts) == ("received", attempt + 1)
        make_due()
    drain()
    assert (row("A1").state, row("A1").error_code) == ("parked", "207")
    assert "x" not in row("A1").error_text.split()
    assert script.refused == [("A1", "207")]
    # What follows it waits for a person; the others do not.
    assert script.applied == ["B1"]
    assert list(effects()) == [row("B1").pk]


def test_a_refusal_that_fails_does_not_stop_the_queue(script: Script) -> None:
    def fail(inbound: Inbound, parked: Parked) -> None:
        LiveEvent.objects.create(topic="half", object_id=1)
        raise ZeroDivisionError

    script.refuse = fail
    script.acts["A1"] = raising(Parked("102", "No."))
    arrive("A1", "B1")
    drain()
    assert (row("A1").state, row("B1").state) == ("parked", "applied")
    assert not LiveEvent.objects.filter(topic="half").exists()


def test_a_type_that_is_no_longer_routed_is_parked(script: Script) -> None:
    arrive("A1", "B1")
    InboundMessage.objects.filter(control_id="A1").update(message_type="OLD^O99")
    drain()
    assert (row("A1").state, row("A1").error_code) == ("parked", "200")
    assert row("B1").state == "applied"


def test_one_without_a_sender_is_parked(script: Script) -> None:
    arrive("A1")
    InboundMessage.objects.update(peer=None)
    Peer.objects.update(sending_application="ANOTHER")
    drain()
    assert (row("A1").state, row("A1").error_code) == ("parked", "103")


@pytest.mark.parametrize("error", [Parked("102", "No."), ZeroDivisionError()])
def test_one_that_another_worker_applied_meanwhile_stays_applied(
    script: Script, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The claim ends with the rollback; before it is parked, another may have it."""
    script.acts["A1"] = raising(error)
    arrive("A1")
    InboundMessage.objects.update(attempts=len(RETRIES))
    real = parking.park

    def late(message_id: int, parked: Parked) -> None:
        del script.acts["A1"]
        in_threads(1, drain)
        real(message_id, parked)

    monkeypatch.setattr(applying, "park", late)
    drain(1)
    assert row("A1").state == "applied"
    assert script.refused == []


def test_a_reason_with_a_nul_in_it_is_still_stored(script: Script) -> None:
    script.acts["A1"] = raising(Parked("102", "a\0b"))
    arrive("A1", "B1")
    drain()
    assert (row("A1").state, row("B1").state) == ("parked", "applied")


def test_what_an_error_says_of_a_patient_is_not_logged(
    script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    script.acts["A1"] = raising(ValueError("Canaryson"))
    arrive("A1")
    InboundMessage.objects.update(attempts=len(RETRIES))
    drain()
    assert "ValueError" in caplog.text
    assert "Canaryson" not in caplog.text + row("A1").error_text


def test_a_replayed_one_is_applied_and_its_reason_is_gone(
    script: Script, interface_admin: User
) -> None:
    script.acts["A1"] = raising(Parked("102", "No."))
    arrive("A1")
    drain()
    del script.acts["A1"]
    replay_message(message_id=row("A1").pk, by=interface_admin)
    drain()
    found = row("A1")
    assert (found.state, found.error_code, found.error_text) == ("applied", "", "")
    assert set(effects().values()) == {1}
    entry = AuditEntry.objects.get(action="message_replayed")
    assert (entry.actor, entry.message_id) == (interface_admin, found.pk)


@pytest.mark.parametrize(
    "state", [state for state in InboundState if state != InboundState.PARKED]
)
def test_only_a_parked_one_can_be_replayed(
    script: Script, interface_admin: User, state: str
) -> None:
    arrive("A1")
    InboundMessage.objects.update(state=state)
    with pytest.raises(WrongState):
        replay_message(message_id=row("A1").pk, by=interface_admin)
    assert row("A1").state == state
    assert not AuditEntry.objects.filter(action="message_replayed").exists()


def test_the_task_drains_all_there_is(script: Script) -> None:
    arrive(*(f"A{n}" for n in range(3)), *(f"B{n}" for n in range(3)))
    drain_inbox()
    assert set(InboundMessage.objects.values_list("state", flat=True)) == {"applied"}


def test_reads_with_the_senders_character_set(hospital: Peer, script: Script) -> None:
    hospital.fallback_charset = "iso8859_5"
    hospital.save()
    seen: list[str] = []
    script.acts["A1"] = lambda inbound: seen.append(inbound.message.value("ZKY-1"))
    arrive("B1")
    raw = ("MSH|^~\\&|EHRX|GENHOSP|||20261123||ZZZ^Z01|A1|P|2.5.1\rZKY|Жук\r").encode(
        "iso8859_5"
    )
    Intake().receive([Received(raw, "192.0.2.1:5")])
    drain()
    assert seen == ["Жук"]
    assert row("A1").keys == ["Жук"]
