"""Appointments of a scheduler outside (SIU; standards.md section 3.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order, OrderEvent
from orders.services import record_event
from radflow.accounts.models import User
from radflow.messaging.models import Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory, RoomFactory
from tests.worklist.siu import PID, appointment, moment, ordered, say, siu, stamp
from worklist.models import Appointment, ExternalAppointment, Room, Station
from worklist.services import book_step

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def hospital(db: None) -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    ProcedureFactory.create(code="CTHEAD", modality="CT")
    PeerFactory.create(
        name="EHR", sending_application="EHRX", sending_facility="GENHOSP"
    )
    for name, location in (("CT 1", "CTR1"), ("CT 2", "CTR2")):
        room = RoomFactory.create(name=name, location=location)
        ae_title = f"{name.replace(' ', '')}_AE"
        Station.objects.create(room=room, name=name, ae_title=ae_title, modality="CT")


@pytest.fixture(autouse=True)
def scheduler(db: None) -> Peer:
    return PeerFactory.create(
        name="Scheduler",
        sending_application="SCHED",
        sending_facility="GENHOSP",
        books_appointments=True,
    )


def slot(order: Order) -> tuple[str, datetime | None, str]:
    order.refresh_from_db()
    return order.status, order.scheduled_start, order.room_name


TOMORROW = moment()
LATER = TOMORROW + timedelta(hours=3)


def test_a_booking_schedules_the_exam_in_the_room_it_names() -> None:
    order = ordered()
    row = say("S12", start=TOMORROW, room="RAD^CTR2")
    assert slot(order) == ("scheduled", TOMORROW, "CT 2")
    held = Appointment.objects.get()
    assert (held.during.lower, held.state) == (TOMORROW, "booked")
    assert (held.during.upper - held.during.lower) == timedelta(minutes=20)
    assert row.order_ids == [order.pk]
    assert order.events.filter(title="Appointment received", inbound=row).exists()


def test_a_move_a_change_and_a_cancellation_follow_by_the_appointments_id() -> None:
    order = ordered()
    say("S12", start=TOMORROW, room="RAD^CTR2", filler="F7^SCHED")
    # From now on the id alone is the key: no order number, no patient.
    known = {"filler": "F7^SCHED", "order": "", "pid": "", "code": ""}
    say("S13", start=LATER, room="RAD^CTR1", **known)
    assert slot(order) == ("scheduled", LATER, "CT 1")
    say("S14", reason="X^Bring the previous films", **known)
    assert slot(order) == ("scheduled", LATER, "CT 1")
    say("S15", reason="PAT^Patient asked for another day", **known)
    assert slot(order) == ("ordered", None, "")
    assert Appointment.objects.get().state == "cancelled"
    told = order.events.get(title="Back to ordered")
    assert "Patient asked for another day" in told.detail
    say("S12", start=TOMORROW, room="RAD^CTR2", filler="F7^SCHED")
    assert slot(order)[0] == "scheduled"


@pytest.mark.parametrize(
    ("event", "state", "reason"),
    [
        ("S15", "cancelled", "Cancelled by the scheduler"),
        ("S16", "cancelled", "Cancelled by the scheduler"),
        ("S17", "in_error", "Cancelled by the scheduler"),
        ("S26", "no_show", "Patient did not arrive"),
    ],
)
def test_each_end_frees_the_room_and_is_told_apart(
    event: str, state: str, reason: str
) -> None:
    order = ordered()
    say("S12", start=TOMORROW, room="RAD^CTR2")
    say(event)
    assert slot(order) == ("ordered", None, "")
    assert appointment().state == Appointment.objects.get().state == state
    assert order.events.get(title="Back to ordered").detail == reason


@pytest.mark.parametrize(
    ("told", "room"),
    [
        ({"device": "CT2_AE"}, "CT 2"),
        ({"device": "X9^CT 2"}, "CT 2"),
        ({"room": "RAD^ctr2"}, "CT 2"),
        ({"room": "CT 2"}, "CT 2"),
        ({"room": "CTR1", "device": "CT2_AE"}, "CT 2"),
        ({}, "CT 1"),
        ({"room": "OPERATING 4"}, ""),
    ],
)
def test_rooms_and_scanners_are_known_by_their_names(
    told: dict[str, str], room: str
) -> None:
    order = ordered()
    row = say("S12", start=TOMORROW, **told)
    assert slot(order) == ("scheduled", TOMORROW, room)
    unknown = any("not known here" in warning for warning in row.warnings)
    assert unknown is (room == "")


def test_the_senders_mapping_says_where_the_scanner_stands(scheduler: Peer) -> None:
    scheduler.mapping = {"station_ae": ["SCH-5.1"]}
    scheduler.save()
    order = ordered()
    raw = siu("S12", start=TOMORROW, room="CTR1").decode()
    raw = raw.replace("|A1^SCHED||||", "|A1^SCHED||||CT2_AE")
    deliver(raw.encode())
    assert slot(order)[2] == "CT 2"


LADDER = [
    ({"filler_order": "{filler}^RADFLOW", "order": ""}, True),
    ({"order": "P1^EHRX"}, True),
    ({"order": "P1"}, True),
    ({"order": "", "placer": "P1^EHRX"}, True),
    ({"order": ""}, True),
    ({"order": "", "code": "NOSUCH^Other"}, False),
    ({"order": "", "code": ""}, False),
    ({"order": "P99^EHRX", "code": "NOSUCH"}, False),
]


@pytest.mark.parametrize(("told", "linked"), LADDER)
def test_the_ladder_from_an_appointment_to_its_order(
    told: dict[str, str], linked: bool
) -> None:
    order = ordered()
    values = {k: v.format(filler=order.filler_order_number) for k, v in told.items()}
    say("S12", start=TOMORROW, room="CTR2", **values)
    assert (slot(order)[0] == "scheduled") is linked
    assert (ExternalAppointment.objects.get().order == order) is linked


def test_two_exams_that_may_be_meant_are_never_guessed_between() -> None:
    first, second = ordered("P1"), ordered("P2")
    row = say("S12", start=TOMORROW, order="")
    assert slot(first)[0] == slot(second)[0] == "ordered"
    assert "More than one exam may be meant." in row.warnings
    assert appointment().order is None


def test_one_of_them_is_meant_where_the_other_has_its_slot() -> None:
    first, second = ordered("P1"), ordered("P2")
    say("S12", start=TOMORROW, order="P1^EHRX")
    say("S12", start=LATER, order="", placer="A2^SCHED")
    assert slot(first)[1] == TOMORROW
    assert slot(second)[1] == LATER


def test_another_patient_than_the_orders_is_a_mismatch_and_nothing_is_applied() -> None:
    order = ordered()
    other = "PID|1||700999^^^GENHOSP^MR||Berg^Nora||19700101|F"
    row = say("S12", start=TOMORROW, pid=other)
    assert (row.state, row.error_code) == ("parked", "PATIENT_MISMATCH")
    assert slot(order)[0] == "ordered"
    assert not ExternalAppointment.objects.exists()


def test_a_twin_under_the_same_number_is_a_mismatch() -> None:
    order = ordered()
    row = say("S12", start=TOMORROW, pid=PID.replace("Okafor^Ada", "Okafor^Ngozi"))
    assert (row.state, row.error_code) == ("parked", "PATIENT_MISMATCH")
    assert slot(order)[0] == "ordered"


def test_an_appointment_waits_for_its_order_and_is_linked_as_it_comes() -> None:
    row = say("S12", start=TOMORROW, room="RAD^CTR2")
    assert "No order here has its numbers, patient and procedure." in row.warnings
    assert appointment().order is None
    order = ordered()
    assert slot(order) == ("scheduled", TOMORROW, "CT 2")
    assert appointment().order == order
    assert order.events.filter(title="Appointment linked").exists()


def test_it_waits_by_patient_and_procedure_too() -> None:
    say("S12", start=TOMORROW, room="RAD^CTR2", order="")
    other = ordered("P7", obr="CTHEAD^CT head^99RADFLOW")
    assert slot(other)[0] == "ordered"
    order = ordered("P8")
    assert slot(order)[0] == "scheduled"


def test_an_order_of_somebody_else_does_not_take_a_waiting_appointment() -> None:
    say("S12", start=TOMORROW, room="RAD^CTR2")
    other = ordered(pid="PID|1||700999^^^GENHOSP^MR||Berg^Nora||19700101|F")
    assert slot(other)[0] == "ordered"
    assert appointment().order is None


def test_the_schedulers_time_wins_over_the_one_in_the_order() -> None:
    say("S12", start=TOMORROW, room="RAD^CTR2")
    order = ordered(orc=f"|||||1^^^{stamp(LATER)}^^S")
    assert slot(order) == ("scheduled", TOMORROW, "CT 2")


def test_a_move_of_an_unknown_appointment_books_it_and_is_shown() -> None:
    order = ordered()
    say("S13", start=TOMORROW, room="RAD^CTR2")
    assert slot(order)[0] == "scheduled"
    assert "never told" in order.needs_attention


@pytest.mark.parametrize("event", ["S15", "S16", "S17", "S26"])
def test_an_end_before_its_booking_leaves_a_tombstone(event: str) -> None:
    """The late S12 is older, so it is not applied."""
    order = ordered()
    now = timezone.now()
    say(event, sent=now)
    assert slot(order)[0] == "ordered"
    row = say("S12", start=TOMORROW, sent=now - timedelta(minutes=1))
    assert row.state == "applied"
    assert any("Late" in warning for warning in row.warnings)
    assert slot(order)[0] == "ordered"
    assert not Appointment.objects.exists()


def test_a_booking_after_its_tombstone_is_a_new_one() -> None:
    order = ordered()
    say("S15", sent=timezone.now() - timedelta(minutes=2))
    say("S12", start=TOMORROW)
    assert slot(order)[0] == "scheduled"


def test_a_tombstone_of_an_unknown_order_keeps_the_order_unbooked() -> None:
    now = timezone.now()
    say("S15", sent=now)
    say("S12", start=TOMORROW, sent=now - timedelta(minutes=1))
    order = ordered()
    assert slot(order)[0] == "ordered"


def test_what_is_older_than_the_last_change_is_not_applied() -> None:
    order = ordered()
    now = timezone.now()
    say("S12", start=TOMORROW, room="CTR2", sent=now - timedelta(minutes=3))
    say("S13", start=LATER, room="CTR2", sent=now - timedelta(minutes=1))
    row = say("S13", start=TOMORROW, room="CTR1", sent=now - timedelta(minutes=2))
    assert (row.state, slot(order)) == ("applied", ("scheduled", LATER, "CT 2"))
    assert any("Late" in warning for warning in row.warnings)
    told = order.events.filter(title="New time of the appointment received")
    assert "Late" in told.latest("id").detail


def test_a_repeated_message_has_one_effect() -> None:
    order = ordered()
    raw = siu("S12", start=TOMORROW, room="CTR2")
    deliver(raw)
    count = OrderEvent.objects.filter(order=order).count()
    (ack,) = deliver(raw)
    assert ack.code == "AA"
    assert last_inbound().state == "duplicate"
    assert OrderEvent.objects.filter(order=order).count() == count


def test_the_same_booking_again_moves_nothing() -> None:
    order = ordered()
    say("S12", start=TOMORROW, room="CTR2")
    step = order.steps.get()
    say("S12", start=TOMORROW, room="CTR2")
    assert order.steps.get().version == step.version


def test_a_room_that_is_taken_is_flagged_never_refused() -> None:
    first, second = ordered("P1"), ordered("P2", obr="CTHEAD^CT head^99RADFLOW")
    say("S12", start=TOMORROW, room="CTR2")
    row = say(
        "S12", start=TOMORROW, room="CTR2", placer="A2^SCHED", order="P2^EHRX", code=""
    )
    assert slot(first)[1:] == slot(second)[1:] == (TOMORROW, "CT 2")
    assert "overbooked" in second.flags
    assert appointment("A2").double_booked
    assert any("overbooked" in warning for warning in row.warnings)


def test_a_second_booking_of_an_exam_waits_beside_the_first() -> None:
    order = ordered()
    say("S12", start=TOMORROW, room="CTR1")
    say("S12", start=LATER, room="CTR2", placer="A2^SCHED")
    assert slot(order) == ("scheduled", TOMORROW, "CT 1")
    assert "Booked twice" in order.needs_attention
    say("S15")
    assert slot(order) == ("scheduled", LATER, "CT 2")
    say("S15", placer="A2^SCHED")
    assert slot(order) == ("ordered", None, "")


def test_what_a_coordinator_booked_is_not_moved_by_the_scheduler(
    coordinator: User,
) -> None:
    order = ordered()
    room = Room.objects.get(name="CT 1")
    cause = Cause(user=coordinator)
    book_step(order_id=order.pk, room_id=room.pk, start=LATER, cause=cause)
    say("S12", start=TOMORROW, room="CTR2")
    assert slot(order) == ("scheduled", LATER, "CT 1")
    assert "Booked twice" in order.needs_attention


def test_an_appointment_that_was_only_asked_for_books_nothing() -> None:
    order = ordered()
    say("S12", start=TOMORROW, room="CTR2", status="Pending")
    assert (slot(order)[0], appointment().state) == ("ordered", "requested")
    say("S12", start=TOMORROW, room="CTR2")
    assert (slot(order)[0], appointment().state) == ("scheduled", "booked")


def test_the_appointment_follows_its_exam() -> None:
    order = ordered()
    say("S12", start=TOMORROW, room="CTR2")
    cause = Cause(actor="test")
    seen = []
    for event in (Event.ARRIVE, Event.BEGIN, Event.END):
        record_event(order_id=order.pk, event=event, cause=cause)
        seen.append(appointment().state)
    assert seen == ["arrived", "started", "fulfilled"]
    say("S15")
    assert appointment().state == "fulfilled"
    assert slot(order)[0] == "performed"
    assert "Speak to the scheduler" in order.needs_attention


def test_a_cancelled_order_ends_its_appointment() -> None:
    order = ordered()
    say("S12", start=TOMORROW, room="CTR2")
    record_event(order_id=order.pk, event=Event.CANCEL, cause=Cause(actor="test"))
    assert appointment().state == "cancelled"


def test_resources_are_added_and_taken_away() -> None:
    order = ordered()
    say("S12", start=TOMORROW, room="CTR1")
    say("S18", room="CTR2")
    assert slot(order) == ("scheduled", TOMORROW, "CT 2")
    say("S19", device="CT1_AE")
    assert slot(order)[2] == "CT 1"
    say("S20", device="CT1_AE")
    assert slot(order)[2] == "CT 2"


def test_for_who_does_not_book_here_it_is_noted_only(scheduler: Peer) -> None:
    scheduler.books_appointments = False
    scheduler.save()
    order = ordered()
    row = say("S12", start=TOMORROW, room="CTR2")
    assert slot(order)[0] == "ordered"
    assert not ExternalAppointment.objects.exists()
    told = order.events.get(title="Appointment received")
    assert "Information only" in told.detail
    assert row.order_ids == [order.pk]


def test_a_service_with_its_own_time_wins_for_its_exam() -> None:
    order = ordered()
    own = TOMORROW + timedelta(minutes=40)
    code = f"CTPA^CT pulmonary angiogram^99RADFLOW|{stamp(own)}|||35|min"
    say("S12", start=TOMORROW, room="CTR2", code=code)
    assert slot(order)[1] == own
    assert order.steps.get().duration_minutes == 35


@pytest.mark.parametrize(
    ("local", "utc_hour"),
    [
        ("20270328023000", 1),  # skipped by the clocks: moved on by the gap
        ("20271031023000", 0),  # there twice: the earlier one
        ("20270328013000", 0),
    ],
)
def test_a_night_when_the_clocks_change(
    scheduler: Peer, local: str, utc_hour: int
) -> None:
    scheduler.time_zone = "Europe/Berlin"
    scheduler.save()
    order = ordered()
    raw = siu("S12", times=f"TQ1|1||||||{local}", room="CTR2")
    deliver(raw.replace(b"+0000||SIU", b"||SIU"))
    row = last_inbound()
    start = slot(order)[1]
    assert start is not None
    assert (start.astimezone(UTC).hour, start.minute) == (utc_hour, 30)
    has_warning = any("local time" in warning for warning in row.warnings)
    assert has_warning is (local != "20270328013000")


def test_an_older_version_tells_its_time_in_sch_11() -> None:
    order = ordered()
    raw = siu("S12", room="CTR2").decode()
    lines = raw.replace("|P|2.5.1", "|P|2.4").split("\r")
    fields = lines[1].split("|")
    fields[9] = fields[10] = ""
    end = TOMORROW + timedelta(minutes=45)
    fields[11] = f"1^^M45^{stamp(TOMORROW)}^{stamp(end)}"
    lines[1] = "|".join(fields)
    deliver("\r".join(lines).encode())
    assert slot(order)[1] == TOMORROW
    assert order.steps.get().duration_minutes == 45


def test_names_with_escapes_and_umlauts_stay_whole() -> None:
    pid = "PID|1||700123^^^GENHOSP^MR||M\\T\\ller\\F\\Öz^Jürgen||19800514|M"
    say("S12", start=TOMORROW, pid=pid, reason="X^Kein Kontrast \\T\\ nüchtern")
    person = appointment().said["person"]
    assert (person["family_name"], person["given_name"]) == ("M&ller|Öz", "Jürgen")
    assert appointment().said["reason"] == "Kein Kontrast & nüchtern"


def test_an_order_and_its_appointment_in_one_batch_are_joined_either_way() -> None:
    raw = siu("S12", start=TOMORROW, room="CTR2")
    deliver(raw, order_message(control_id="B1"))
    assert slot(Order.objects.get())[0] == "scheduled"
