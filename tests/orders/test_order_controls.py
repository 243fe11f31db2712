"""Order controls beyond the plain ones (standards.md 3.3, 4.1, 5.4), by message."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.cause import Cause
from orders.lifecycle import Event, Refused
from orders.models import Order, Provenance, Tombstone
from orders.services import hold, record_event, release
from orders.services.holding import PERSON
from radflow.messaging.models import OutboundMessage, Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory, RoomFactory
from worklist.models import Appointment, ScheduledStep, Station

pytestmark = pytest.mark.django_db(transaction=True)

_ids = iter(range(1, 100_000))
BEGUN = (Event.BOOK, Event.ARRIVE, Event.PREPARE, Event.BEGIN)


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    ProcedureFactory.create(code="CTPA", modality="CT", duration_minutes=20)
    ProcedureFactory.create(code="CTHEAD", modality="CT", duration_minutes=20)
    ProcedureFactory.create(code="MRKNEE", modality="MR", duration_minutes=30)
    return PeerFactory.create(
        sending_application="EHRX",
        sending_facility="GENHOSP",
        host="h",
        port=1,
        reply_style="order_response",
        version_out="2.3.1",
    )


@pytest.fixture
def scanner(db: None) -> Station:
    room = RoomFactory.create(name="CT 2")
    return Station.objects.create(
        room=room, name="CT 2", ae_title="CT2_AE", modality="CT"
    )


def say(control: str, *, at: str = "", more: bytes = b"", **changes: str) -> str:
    """Send about the order; the message's error code, or the state it ends in.

    `at` is ORC-9.
    """
    if at:
        changes["orc"] = "|" * 7 + at
    message = order_message(control=control, control_id=f"T{next(_ids)}", **changes)
    deliver(message + more)
    return last_inbound().error_code or last_inbound().state


def answers() -> list[str]:
    """ORC-1 of each order in the last order response."""
    sent = OutboundMessage.objects.filter(message_type="ORR^O02").latest("id")
    lines = bytes(sent.raw).decode().split("\r")
    return [line.split("|")[1] for line in lines if line.startswith("ORC")]


def happens(order: Order, *events: Event) -> None:
    for event in events:
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))


def order(placer: str = "P1") -> Order:
    return Order.objects.filter(placer_order_number=placer).latest("id")


# Before the order


@pytest.mark.parametrize(("control", "yes"), [("CA", "CR"), ("DC", "DR")])
def test_a_cancel_before_its_order_is_kept_and_meets_it(control: str, yes: str) -> None:
    assert say(control, at="20261123083500+0000") == "applied"
    assert answers() == [yes]
    assert say("NW", at="20261123083000+0000") == "applied"
    assert answers() == ["UA"]
    assert order().status == "cancelled"
    assert "before the order" in order().needs_attention
    assert Tombstone.objects.get().met == order()
    assert not ScheduledStep.objects.exists()


def test_an_order_after_a_forgotten_cancel_is_alive() -> None:
    say("CA", at="20261123083500+0000")
    assert say("NW", at="20261123084000+0000") == "applied"
    assert (answers(), order().status) == (["OK"], "ordered")
    assert Tombstone.objects.get().met is None


def test_a_cancel_by_our_own_number_only_is_unknown() -> None:
    message = order_message(control="CA", control_id="X1")
    deliver(message.replace(b"ORC|CA|P1^EHRX", b"ORC|CA||26-999999"))
    assert last_inbound().error_code == "UNKNOWN_ORDER"
    assert not Tombstone.objects.exists()


def test_a_change_before_its_order_makes_it_and_the_order_changes_nothing() -> None:
    assert say("XO") == "applied"
    assert answers() == ["XR"]
    assert "came before its order" in last_inbound().warnings[-1]
    assert say("NW") == "applied"
    assert answers() == ["OK"]
    assert Order.objects.count() == 1


def test_a_change_before_its_order_waits_where_the_peer_says_so() -> None:
    Peer.objects.update(upsert=False)
    assert say("XO") == "UNKNOWN_ORDER"
    assert not Order.objects.exists()


def test_a_cancel_older_than_the_order_of_that_number_is_of_another() -> None:
    say("NW", at="20261123083000+0000")
    say("CA", at="20261123083100+0000")
    say("NW", at="20261123083200+0000")
    assert order().generation == 2
    assert say("CA", at="20261123083130+0000") == "ORDER_STATE"
    assert order().status == "ordered"


def test_what_an_order_that_comes_again_says_otherwise_is_flagged_and_left() -> None:
    say("NW")
    assert say("NW", orc="|||||^^^^^S", more=b"NTE|1||Cannula\r") == "applied"
    assert answers() == ["OK"]
    assert (order().priority, order().comments) == ("R", "")
    assert last_inbound().warnings[-1] == (
        "The order was there already; not applied: comments, priority"
    )
    say("NW")
    assert "there already" not in last_inbound().warnings[-1]


def test_a_cancel_without_the_namespace_is_of_the_senders_own_order() -> None:
    say("NW")
    bare = order_message(control="CA", control_id="N1").replace(b"P1^EHRX", b"P1")
    deliver(bare)
    assert order().status == "cancelled"
    assert not Tombstone.objects.exists()


@pytest.mark.parametrize(
    ("profile", "told"), [("seed", "UC"), ("ihe-231", "SC"), ("ihe-251", "SC")]
)
def test_who_was_told_received_hears_that_its_cancel_was_refused(
    hospital: Peer, profile: str, told: str
) -> None:
    hospital.reply_style, hospital.profile = "ack", profile
    hospital.save()
    say("NW")
    happens(order(), *BEGUN)
    assert say("CA") == "EXAM_STARTED"
    raw = bytes(OutboundMessage.objects.latest("id").raw).decode()
    orc = next(line for line in raw.split("\r") if line.startswith("ORC")).split("|")
    assert (orc[1], orc[5]) == (told, "IP")
    assert ("EXAM_STARTED" in raw) is (told == "UC")


# Replaced


REPLACING = b"ORC|RO|P2^EHRX\rOBR|2|P2^EHRX||CTHEAD^CT head^99RADFLOW\r"


def test_a_replacement_ends_the_old_order_and_points_to_it() -> None:
    say("NW")
    assert say("RP", more=REPLACING) == "applied"
    assert answers() == ["RQ", "OK"]
    old, new = order("P1"), order("P2")
    assert (old.status, new.status) == ("replaced", "ordered")
    assert new.replaces == old
    assert new.accession_number != old.accession_number
    assert new.study_instance_uid != old.study_instance_uid


def test_a_replacement_may_keep_the_placer_number() -> None:
    say("NW")
    assert say("RP", more=REPLACING.replace(b"P2", b"P1")) == "applied"
    old, new = Order.objects.order_by("id")
    assert (old.status, new.status, new.replaces) == ("replaced", "ordered", old)


def test_where_the_new_order_is_refused_the_old_one_stays() -> None:
    say("NW")
    say("NW", placer="P3", more=b"ZDS|1.2.840.99.7^RADFLOW^Application^DICOM\r")
    taken = REPLACING + b"ZDS|1.2.840.99.7^RADFLOW^Application^DICOM\r"
    assert say("RP", more=taken) == "ACCESSION_USED"
    assert answers() == ["UM", "UA"]
    assert order("P1").status == "ordered"
    assert not Order.objects.filter(placer_order_number="P2").exists()


def test_what_has_begun_is_not_replaced() -> None:
    say("NW")
    happens(order(), *BEGUN)
    assert say("RP", more=REPLACING) == "EXAM_STARTED"
    assert answers() == ["UM", "UA"]
    assert Order.objects.count() == 1


def test_a_replacing_order_without_an_old_one_is_refused() -> None:
    assert say("RO") == "100"


def test_an_order_is_not_replaced_by_none() -> None:
    say("NW")
    assert say("RP") == "100"
    assert answers() == ["UM"]
    assert order("P1").status == "ordered"
    assert say("CA") == "applied"


def test_one_order_may_replace_several_and_is_all_or_nothing() -> None:
    say("NW")
    say("NW", placer="P3")
    more = b"ORC|RP|P3^EHRX\rOBR|2|P3^EHRX||CTPA^CT^99RADFLOW\r" + REPLACING
    happens(order("P3"), *BEGUN)
    assert say("RP", more=more) == "EXAM_STARTED"
    assert answers() == ["UM", "UM", "UA"]
    assert order("P1").status == "ordered"
    happens(order("P3"), Event.STOP)
    say("NW", placer="P4")
    assert say("RP", more=more.replace(b"P3", b"P4")) == "applied"
    assert answers() == ["RQ", "RQ", "OK"]
    assert (order("P1").status, order("P4").status) == ("replaced", "replaced")
    assert order("P2").replaces == order("P1")


# Parents


CHILDREN = (
    b"ORC|CH|P2^EHRX||||||P1&EHRX\rOBR|2|P2^EHRX||CTHEAD^CT head^99RADFLOW\r"
    b"ORC|CH|P3^EHRX||||||P1&EHRX\rOBR|3|P3^EHRX||MRKNEE^MR knee^99RADFLOW\r"
)


def test_a_parent_groups_children_that_are_orders_of_their_own() -> None:
    assert say("PA", more=CHILDREN) == "applied"
    assert answers() == ["OK", "OK", "OK"]
    parent = order("P1")
    assert parent.is_container
    assert {child.placer_order_number for child in parent.children.all()} == {
        "P2",
        "P3",
    }


def test_a_child_that_names_no_parent_is_one_of_the_parent_before_it() -> None:
    say("PA", more=CHILDREN.replace(b"||||||P1&EHRX", b""))
    assert order("P1").children.count() == 2


def test_cancelling_the_parent_cancels_children_that_have_not_ended() -> None:
    say("PA", more=CHILDREN)
    happens(order("P2"), Event.CANCEL)
    assert say("CA") == "applied"
    assert answers() == ["CR", "CR"]
    assert {one.status for one in Order.objects.all()} == {"cancelled"}


def test_cancelling_the_parent_spares_a_child_that_runs_and_says_so() -> None:
    say("PA", more=CHILDREN)
    happens(order("P2"), *BEGUN)
    assert say("CA") == "EXAM_STARTED"
    assert answers() == ["CR", "UC", "CR"]
    statuses = [order(placer).status for placer in ("P1", "P2", "P3")]
    assert statuses == ["cancelled", "in_progress", "cancelled"]
    assert "Cancellation received while" in order("P2").needs_attention


# Several exams under one number


SIBLING = b"ORC|NW|P1^EHRX\rOBR|2|P1^EHRX||CTHEAD^CT head^99RADFLOW\r"


@pytest.mark.parametrize(
    ("control", "told", "state"),
    [("CA", ["CR", "UC"], "cancelled"), ("HD", ["HR", "UH"], "on_hold")],
)
def test_of_several_exams_each_has_its_own_outcome(
    control: str, told: list[str], state: str
) -> None:
    say("NW", more=SIBLING)
    free, running = Order.objects.order_by("id")
    happens(running, *BEGUN)
    message = order_message(control=control, control_id="S1").split(b"OBR")[0]
    deliver(message)
    assert (last_inbound().state, last_inbound().error_code) == (
        "parked",
        "EXAM_STARTED",
    )
    assert answers() == told
    free.refresh_from_db()
    running.refresh_from_db()
    assert (free.status, running.status) == (state, "in_progress")
    assert "while the exam runs" in running.needs_attention


def test_a_sender_with_one_answer_for_all_has_all_exams_or_none(
    hospital: Peer,
) -> None:
    say("NW", more=SIBLING)
    happens(Order.objects.latest("id"), *BEGUN)
    Peer.objects.update(reply_style="ack", reply_at="result")
    deliver(order_message(control="CA", control_id="S1").split(b"OBR")[0])
    assert last_inbound().error_code == "EXAM_STARTED"
    assert Order.objects.earliest("id").status == "ordered"


# Holds


def test_a_release_ends_only_the_hold_it_belongs_to() -> None:
    say("NW")
    say("HD")
    person = Cause(actor="coordinator")
    hold(order_id=order().pk, by=PERSON, cause=person)
    assert say("RL") == "applied"
    assert (order().status, order().holds) == ("on_hold", ["person"])
    release(order_id=order().pk, by=PERSON, cause=person)
    assert (order().status, order().holds) == ("ordered", [])


def test_a_placer_cannot_release_what_a_person_holds() -> None:
    say("NW")
    hold(order_id=order().pk, by=PERSON, cause=Cause(actor="coordinator"))
    assert say("RL") == "ORDER_STATE"
    assert answers() == ["UR"]
    with pytest.raises(Refused):
        release(order_id=order().pk, by="placer", cause=Cause(actor="x"))


def test_a_slot_that_passed_during_the_hold_is_given_up(scanner: Station) -> None:
    soon = timezone.now() + timedelta(hours=1)
    say("NW", orc=f"|||||1^^^{soon:%Y%m%d%H%M%S}+0000")
    say("HD")
    Order.objects.update(scheduled_start=timezone.now() - timedelta(minutes=1))
    assert say("RL") == "applied"
    assert (order().status, order().scheduled_start) == ("ordered", None)
    assert Appointment.objects.get().state == "cancelled"


def test_a_late_hold_is_told_and_changes_nothing() -> None:
    say("NW", at="20261123083000+0000")
    say("HD", at="20261123083500+0000")
    say("RL", at="20261123084000+0000")
    assert say("HD", at="20261123083600+0000") == "applied"
    assert last_inbound().warnings[-1] == "Late, not applied: status"
    assert order().status == "ordered"


# Changed


def test_late_news_of_one_group_leaves_the_other_applied() -> None:
    say("NW", at="20261123083000+0000")
    say("XO", at="20261123084000+0000", more=b"NTE|1||Second\r")
    Order.objects.update(timing_at=None)
    stat = "|||||^^^^^S||20261123083500"
    deliver(order_message(control="XO", control_id="L1", orc=stat) + b"NTE|1||First\r")
    assert (order().comments, order().priority) == ("Second", "S")
    assert last_inbound().warnings[-1] == "Late, not applied: clinical"


def test_another_time_moves_the_slot_and_keeps_the_study(scanner: Station) -> None:
    soon = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    later = soon + timedelta(hours=2)
    say("NW", orc=f"|||||1^^^{soon:%Y%m%d%H%M%S}+0000")
    uid = order().study_instance_uid
    assert say("XO", orc=f"|||||1^^^{later:%Y%m%d%H%M%S}+0000") == "applied"
    assert (order().scheduled_start, order().study_instance_uid) == (later, uid)
    assert ScheduledStep.objects.get().start == later


def test_the_time_asked_for_before_does_not_undo_our_booking(scanner: Station) -> None:
    soon = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    at = f"|||||1^^^{soon:%Y%m%d%H%M%S}+0000"
    say("NW", orc=at)
    moved = soon + timedelta(hours=3)
    Order.objects.update(scheduled_start=moved)
    say("XO", orc=at, more=b"NTE|1||Only a comment\r")
    assert order().scheduled_start == moved


def test_the_time_of_a_running_exam_is_not_changed(scanner: Station) -> None:
    soon = timezone.now() + timedelta(hours=1)
    say("NW", orc=f"|||||1^^^{soon:%Y%m%d%H%M%S}+0000")
    happens(order(), Event.ARRIVE, Event.PREPARE, Event.BEGIN)
    later = soon + timedelta(hours=2)
    changed = say(
        "XO",
        orc=f"|||||1^^^{later:%Y%m%d%H%M%S}+0000",
        more=b"NTE|1||Nothing of it\r",
    )
    assert (changed, order().comments) == ("EXAM_STARTED", "")
    assert answers() == ["UX"]


def test_a_procedure_of_another_scanner_gives_the_slot_up(scanner: Station) -> None:
    soon = timezone.now() + timedelta(hours=1)
    say("NW", orc=f"|||||1^^^{soon:%Y%m%d%H%M%S}+0000")
    assert order().status == "scheduled"
    assert say("XO", obr="MRKNEE^MR knee^99RADFLOW") == "applied"
    found = order()
    assert (found.status, found.modality, found.scheduled_start) == (
        "ordered",
        "MR",
        None,
    )
    assert "slot" in found.needs_attention
    assert Appointment.objects.get().state == "cancelled"


def test_a_procedure_of_the_same_kind_keeps_the_slot(scanner: Station) -> None:
    soon = timezone.now() + timedelta(hours=1)
    say("NW", orc=f"|||||1^^^{soon:%Y%m%d%H%M%S}+0000")
    assert say("XO", obr="CTHEAD^CT head^99RADFLOW") == "applied"
    assert (order().status, order().procedure_code) == ("scheduled", "CTHEAD")


# Steps, twins, origins


def test_each_ipc_is_a_step_of_its_own(scanner: Station, hospital: Peer) -> None:
    hospital.profile = "ihe-251"
    hospital.save()
    soon = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    message = order_message(version="2.5.1", kind="OMI^O23^OMI_O23", control_id="S1")
    lines = message.rstrip(b"\r").split(b"\r")
    lines.insert(3, b"TQ1|1||||||" + f"{soon:%Y%m%d%H%M%S}+0000".encode())
    lines += [
        b"IPC|A1^R|RP1^R|1.2.840.99.3^R|SPS1^R|CT|P1^Native^99L||CT2_AE^^|CT2_AE",
        b"IPC|A1^R|RP1^R|1.2.840.99.3^R|SPS2^R|CT|P2^Contrast^99L||CT2_AE^^|CT2_AE",
    ]
    deliver(b"\r".join(lines) + b"\r")
    assert last_inbound().state == "applied", last_inbound().error_text
    first, second = ScheduledStep.objects.order_by("id")
    assert (first.step_id, second.step_id) == ("SPS1", "SPS2")
    assert second.protocol_code == "P2"
    assert second.start == first.start + timedelta(minutes=first.duration_minutes)
    assert Appointment.objects.count() == 2


def test_the_same_exam_under_another_number_is_flagged_and_kept() -> None:
    say("NW")
    say("NW", placer="P2")
    assert order("P2").status == "ordered"
    assert "ordered twice" in order("P2").needs_attention
    assert order("P1").needs_attention == ""


def test_every_value_of_an_order_names_the_field_it_came_from() -> None:
    say("NW", orc="|||||^^^^^S")
    row = Provenance.objects.get(order=order())
    assert row.inbound == last_inbound()
    assert row.changes["placer_order_number"]["from"] == "ORC-2.1"
    assert row.changes["procedure_code"]["from"] == "OBR-4.1"
    assert row.changes["priority"] == {"was": "", "now": "S", "from": "ORC-7.6"}
    assert row.changes["modality"]["from"] == "catalogue"
    say("XO", orc="|||||^^^^^R")
    changed = Provenance.objects.filter(order=order()).latest("id")
    assert changed.changes == {"priority": {"was": "S", "now": "R", "from": "ORC-7.6"}}
