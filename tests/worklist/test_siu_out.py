"""Appointments told to those who asked for them (RAD-48; standards.md section 3.5)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order
from orders.services import record_event
from radflow.accounts.models import User
from radflow.hl7.message import Message
from radflow.messaging.models import OutboundMessage, Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory, RoomFactory
from tests.worklist.siu import moment, ordered, say, stamp
from worklist.models import Room, Station
from worklist.services import arrive, book_step, no_show, unbook

pytestmark = pytest.mark.django_db(transaction=True)

START = moment()
LATER = START + timedelta(hours=3)


@pytest.fixture(autouse=True)
def hospital(db: None) -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    ProcedureFactory.create(code="CTHEAD", modality="CT")
    for name, location in (("CT 1", "CTR1"), ("CT 2", "CTR2")):
        room = RoomFactory.create(name=name, location=location)
        ae_title = f"{name.replace(' ', '')}_AE"
        Station.objects.create(room=room, name=name, ae_title=ae_title, modality="CT")


@pytest.fixture(autouse=True)
def placer(db: None) -> Peer:
    return PeerFactory.create(
        name="EHR", sending_application="EHRX", sending_facility="GENHOSP"
    )


@pytest.fixture(autouse=True)
def portal(db: None) -> Peer:
    return PeerFactory.create(
        name="Portal",
        sending_application="PORTAL",
        sending_facility="GENHOSP",
        host="portal",
        port=1,
        wants_appointments=True,
        wants_status=False,
    )


def book(order: Order, user: User, *, at: object = START, room: str = "CT 2") -> None:
    room_id = Room.objects.get(name=room).pk
    cause = Cause(user=user)
    book_step(order_id=order.pk, room_id=room_id, start=at, cause=cause)  # type: ignore[arg-type]


def heard(peer: Peer) -> list[Message]:
    rows = OutboundMessage.objects.filter(peer=peer).order_by("id")
    return [Message.parse(bytes(row.raw)) for row in rows]


def told(peer: Peer) -> list[str]:
    return [one.message_type.partition("^")[2] for one in heard(peer)]


def test_each_act_is_told_once(portal: Peer, coordinator: User) -> None:
    order = ordered()
    cause = Cause(user=coordinator)
    book(order, coordinator)
    book(order, coordinator, at=LATER)
    book(order, coordinator, at=LATER, room="CT 1")
    unbook(order_id=order.pk, cause=cause, reason="Scanner down")
    book(order, coordinator)
    no_show(order_id=order.pk, cause=cause)
    book(order, coordinator)
    record_event(order_id=order.pk, event=Event.CANCEL, cause=cause)
    expected = ["S12", "S13", "S13", "S15", "S12", "S26", "S12", "S15"]
    assert told(portal) == expected
    numbers = {one.value("SCH-2.1") for one in heard(portal)}
    assert len(numbers) == 1


def test_what_a_booking_tells(portal: Peer, coordinator: User) -> None:
    order = ordered(more="||||||||||||3002^Hart^Maya^^^Dr")
    book(order, coordinator)
    (message,) = heard(portal)
    end = START + timedelta(minutes=20)
    assert {path: message.value(path) for path in EXPECTED} == EXPECTED | {
        "SCH-2.1": f"APT{order.steps.get().pk:06d}",
        "SCH-27.1": order.filler_order_number,
        "TQ1-7": stamp(START),
        "TQ1-8": stamp(end),
        "AIS-4": stamp(START),
        "AIG-8": stamp(START),
        "AIL-6": stamp(START),
        "AIP-6": stamp(START),
    }
    assert order.events.filter(title="SIU^S12 to Portal").exists()


EXPECTED = {
    "MSH-5": "PORTAL",
    "SCH-2.1": "",
    "SCH-2.2": "RADFLOW",
    "SCH-6.1": "S12",
    "SCH-9": "20",
    "SCH-10.1": "min",
    "SCH-16.1": "priya",
    "SCH-25.1": "Booked",
    "SCH-26.1": "P1",
    "SCH-26.2": "EHRX",
    "SCH-27.1": "",
    "TQ1-7": "",
    "TQ1-8": "",
    "TQ1-9.1": "R",
    "PID-3.1": "700123",
    "PV1-2": "U",
    "RGS-2": "A",
    "AIS-3.1": "CTPA",
    "AIS-4": "",
    "AIS-7": "20",
    "AIS-10.1": "Booked",
    "AIG-3.1": "CT2_AE",
    "AIG-4.1": "CT",
    "AIG-8": "",
    "AIL-3.1": "CTR2",
    "AIL-6": "",
    "AIP-3.1": "3002",
    "AIP-3.2": "Hart",
    "AIP-6": "",
}


def test_an_end_says_why_in_its_status(portal: Peer, coordinator: User) -> None:
    cause = Cause(user=coordinator)
    order = ordered()
    book(order, coordinator)
    unbook(order_id=order.pk, cause=cause, reason="Scanner down")
    book(order, coordinator)
    no_show(order_id=order.pk, cause=cause)
    _, cancelled, _, missed = heard(portal)
    assert cancelled.value("SCH-25.1") == "Cancelled"
    assert missed.value("SCH-25.1") == "Noshow"
    assert missed.value("RGS-2") == "D"


def test_a_change_of_details_is_told_as_one(portal: Peer) -> None:
    ordered(orc=f"|||||1^^^{stamp(START)}^^R")
    deliver(
        order_message(
            control="XO", control_id="X1", obr="CTHEAD^CT head^99RADFLOW", orc=""
        )
    )
    assert last_inbound().state == "applied", last_inbound().error_text
    assert told(portal) == ["S12", "S14"]
    assert heard(portal)[-1].value("AIS-3.1") == "CTHEAD"


def test_a_start_and_an_end_of_the_exam_are_told_by_other_messages(
    portal: Peer, coordinator: User
) -> None:
    order = ordered()
    book(order, coordinator)
    for event in (Event.ARRIVE, Event.BEGIN, Event.END):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))
    assert told(portal) == ["S12"]


def test_a_walk_in_was_never_on_the_schedule(portal: Peer, coordinator: User) -> None:
    order = ordered()
    arrive(order_id=order.pk, cause=Cause(user=coordinator))
    assert told(portal) == []


def scheduler(**changes: object) -> Peer:
    values = {
        "name": "Scheduler",
        "sending_application": "SCHED",
        "sending_facility": "GENHOSP",
        "host": "sched",
        "port": 1,
        "wants_status": False,
        "wants_appointments": True,
        "books_appointments": True,
    }
    return PeerFactory.create(**values | changes)


def test_a_schedulers_own_appointment_is_not_told_on(portal: Peer) -> None:
    own = scheduler()
    ordered()
    say("S12", start=START, room="CTR2")
    say("S13", start=LATER, room="CTR2")
    say("S15")
    assert told(own) == told(portal) == []


def test_what_a_person_does_to_it_is_told_under_its_own_number(
    portal: Peer, coordinator: User
) -> None:
    own = scheduler()
    order = ordered()
    say("S12", start=START, room="CTR2", filler="F7^SCHED")
    book(order, coordinator, at=LATER)
    assert told(own) == told(portal) == ["S13"]
    assert heard(own)[0].value("SCH-2.1") == "F7"
    assert heard(own)[0].value("SCH-1.1") == "A1"
    book(order, coordinator, at=START)
    unbook(order_id=order.pk, cause=Cause(user=coordinator), reason="Scanner down")
    assert told(own) == told(portal) == ["S13", "S13", "S15"]


def test_an_appointment_linked_as_its_order_comes_is_not_told_on(portal: Peer) -> None:
    own = scheduler()
    say("S12", start=START, room="CTR2")
    order = ordered()
    assert order.status == "scheduled"
    assert told(own) == told(portal) == []


def test_what_a_scheduler_does_to_ours_is_told_to_all_but_it(
    portal: Peer, coordinator: User
) -> None:
    own = scheduler()
    order = ordered()
    book(order, coordinator)
    number = heard(own)[0].value("SCH-2.1")
    known = {"filler": f"{number}^RADFLOW", "placer": "", "order": ""}
    say("S13", start=LATER, room="CTR1", **known)
    order.refresh_from_db()
    assert (order.scheduled_start, order.room_name) == (LATER, "CT 1")
    say("S15", **known)
    order.refresh_from_db()
    assert order.status == "ordered"
    assert told(own) == ["S12"]
    assert told(portal) == ["S12", "S13", "S15"]


def test_an_order_with_its_time_is_answered_with_the_appointment(placer: Peer) -> None:
    placer.wants_appointments = True
    placer.host, placer.port, placer.wants_status = "ehr", 1, False
    placer.save()
    ordered(orc=f"|||||1^^^{stamp(START)}^^R")
    assert told(placer) == ["S12"]


def test_who_books_by_its_orders_is_not_told_its_own_time(placer: Peer) -> None:
    placer.wants_appointments = placer.books_appointments = True
    placer.host, placer.port, placer.wants_status = "ehr", 1, False
    placer.save()
    ordered(orc=f"|||||1^^^{stamp(START)}^^R")
    assert told(placer) == []


@pytest.mark.parametrize("version", ["2.3.1", "2.5.1"])
def test_another_reader_reads_it_back(
    version: str, portal: Peer, coordinator: User
) -> None:
    portal.version_out = version
    portal.save()
    order = ordered(pid="PID|1||700123^^^GENHOSP^MR||Öz\\T\\Co^Ada||19800514|F")
    book(order, coordinator)
    book(order, coordinator, at=LATER)
    unbook(order_id=order.pk, cause=Cause(user=coordinator), reason="x")
    for row in OutboundMessage.objects.filter(peer=portal):
        # 2.3.1 has no structure in MSH-9; that reader finds its groups by it.
        text = re.sub(r"\|SIU\^(S..)\|", r"|SIU^\1^SIU_S12|", bytes(row.raw).decode())
        message = parse_message(
            text, validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=True
        )
        assert message.validate()
        assert message.sch.sch_2.value.startswith("APT")
        group = message.siu_s12_patient
        assert group.pid.pid_5.value.startswith("Öz")


def test_in_2_3_1_the_order_is_named_where_an_appointment_id_would_be(
    portal: Peer, coordinator: User
) -> None:
    portal.version_out = "2.3.1"
    portal.save()
    order = ordered()
    book(order, coordinator)
    (message,) = heard(portal)
    assert message.first("TQ1") is None
    assert message.value("SCH-1.1") == "P1"
    assert message.value("SCH-11.4") == stamp(START)
    assert message.value("SCH-11.3") == "M20"
    assert message.value("SCH-26") == ""
