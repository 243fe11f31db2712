"""Time of rooms that a scheduler outside blocks and gives back (SIU^S23, S24)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.reconciliation.registry import counts
from radflow.accounts.models import User
from radflow.messaging.models import InboundMessage, Peer
from tests.door import deliver, last_inbound
from tests.factories import PeerFactory, ProcedureFactory, RoomFactory
from tests.worklist.siu import moment, ordered, say, siu
from worklist.hl7.blocking import NOT_BLOCKED, OVER, STALE
from worklist.hl7.inbound import INFORMATION
from worklist.models import ExternalAppointment, Room, RoomBlock, Station
from worklist.selectors.hours import Span
from worklist.services.fitting import why_shut

pytestmark = pytest.mark.django_db(transaction=True)

TOMORROW = moment()
LATER = TOMORROW + timedelta(hours=3)
BARE = {"pid": "", "code": "", "order": "", "status": ""}


@pytest.fixture(autouse=True)
def scheduler(db: None) -> Peer:
    ProcedureFactory.create(code="CTPA", modality="CT")
    PeerFactory.create(
        name="EHR", sending_application="EHRX", sending_facility="GENHOSP"
    )
    for name, location in (("CT 1", "CTR1"), ("CT 2", "CTR2")):
        room = RoomFactory.create(name=name, location=location)
        ae_title = f"{name.replace(' ', '')}_AE"
        Station.objects.create(room=room, name=name, ae_title=ae_title, modality="CT")
    return PeerFactory.create(
        name="Scheduler",
        sending_application="SCHED",
        sending_facility="GENHOSP",
        books_appointments=True,
    )


def tell(event: str, **changes: object) -> InboundMessage:
    return say(event, **{**BARE, **changes})


def shut(name: str, at: object = TOMORROW) -> bool:
    span = Span(TOMORROW, TOMORROW + timedelta(minutes=5))
    if at is LATER:
        span = Span(LATER, LATER + timedelta(minutes=5))
    return bool(why_shut(Room.objects.get(name=name), span))


def test_a_room_is_blocked_and_given_back_by_its_number() -> None:
    row = tell("S23", start=TOMORROW, minutes=90, room="CTR2", reason="QA^Phantom day")
    made = RoomBlock.objects.get()
    assert (made.room.name, made.reason, made.made_by_name, made.inbound_id) == (
        "CT 2",
        "Phantom day",
        "Scheduler",
        row.pk,
    )
    assert made.during.upper - made.during.lower == timedelta(minutes=90)
    assert (shut("CT 2"), shut("CT 1")) == (True, False)
    tell("S24")
    assert not shut("CT 2")
    assert RoomBlock.objects.get().ended_at is not None
    # No appointment of anybody: nothing waits for an order.
    assert not ExternalAppointment.objects.exists()
    assert sum(counts().values()) == 0


def test_told_again_it_stands_where_it_is_told_last_in_every_room_named() -> None:
    tell("S23", start=TOMORROW, room="CTR1")
    tell("S23", start=LATER, room="CTR2", more="AIL|2|A|CTR1")
    assert (shut("CT 1"), shut("CT 1", LATER), shut("CT 2", LATER)) == (
        False,
        True,
        True,
    )
    assert RoomBlock.objects.filter(ended_at=None).count() == 2


def test_bookings_in_the_way_stay_and_are_flagged_and_freed() -> None:
    order = ordered()
    say("S12", start=TOMORROW, room="RAD^CTR2")
    row = tell("S23", start=TOMORROW, room="CTR2", placer="B1^SCHED")
    order.refresh_from_db()
    assert (order.status, row.order_ids) == ("scheduled", [order.pk])
    assert order.flags
    assert order.events.filter(title="Room blocked at its time", inbound=row).exists()
    tell("S24", placer="B1^SCHED")
    order.refresh_from_db()
    assert order.flags == []


def test_an_older_message_that_comes_late_changes_nothing() -> None:
    now = timezone.now()
    tell("S23", start=TOMORROW, room="CTR2", sent=now)
    late = tell("S23", start=LATER, room="CTR2", sent=now - timedelta(minutes=5))
    assert STALE in late.warnings
    assert (shut("CT 2"), shut("CT 2", LATER)) == (True, False)


def test_what_changes_nothing_is_said() -> None:
    assert NOT_BLOCKED in tell("S24").warnings
    gone = timezone.now() - timedelta(hours=4)
    assert OVER in tell("S23", start=gone, room="CTR2").warnings
    Peer.objects.update(books_appointments=False)
    assert INFORMATION in tell("S23", start=TOMORROW, room="CTR2").warnings
    assert not RoomBlock.objects.exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"room": "OPERATING 4"}, "204"),
        ({"room": "CTR2", "more": "AIL|2|A|OPERATING 4"}, "204"),
        ({}, "101"),
        ({"room": "CTR2", "start": None}, "101"),
    ],
)
def test_a_block_of_no_known_room_or_time_waits_for_a_person(
    changes: dict[str, object], code: str
) -> None:
    deliver(siu("S23", **{**BARE, "start": TOMORROW, **changes}))  # type: ignore[arg-type]
    row = last_inbound()
    assert (row.state, row.error_code) == ("parked", code)
    assert not RoomBlock.objects.exists()


def test_a_coordinator_may_end_what_the_scheduler_blocked(
    coordinator: User, client_for: object
) -> None:
    tell("S23", start=TOMORROW, room="CTR2")
    made = RoomBlock.objects.get()
    client = client_for(coordinator)  # type: ignore[operator]
    page = client.get(f"/rooms/{made.room_id}/").content.decode()
    assert "Scheduler" in page
    client.post(f"/rooms/blocks/{made.pk}/end/")
    assert not shut("CT 2")
    assert NOT_BLOCKED in tell("S24").warnings
