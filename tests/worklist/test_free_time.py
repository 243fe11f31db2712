"""First free times: hours, set-up, rules of sequence; every refusal has its reason."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from orders.models import Order, SequenceRule
from orders.requests import Code, Identifier
from tests.factories import StationFactory, make_order, patient_request
from tests.worklist.planning import DESK, book, monday, open_on, procedure
from worklist.exceptions import NotBookable, SlotTaken
from worklist.models import (
    Appointment,
    BlockKind,
    Resource,
    ResourceHold,
    ResourceNeed,
    Room,
    Station,
)
from worklist.selectors import Wishes, find_slots, why_not
from worklist.services import block, unbook

pytestmark = pytest.mark.django_db
ADA = patient_request(identifiers=(Identifier("700001", "GENHOSP"),))


def exam(code: str) -> Order:
    return make_order(patient=ADA, procedure=Code(code, "", "99RADFLOW"))


def wishes(first: datetime | None = None, days: int = 5, **more: object) -> Wishes:
    start = first or monday(0)
    return Wishes(start, start + timedelta(days=days), **more)  # type: ignore[arg-type]


def starts(order: Order, wanted: Wishes, limit: int = 6) -> list[str]:
    found = find_slots(order, wanted, limit=limit).slots
    return [f"{slot.room.name} {slot.start:%a %H:%M}" for slot in found]


def test_hours_blocks_and_bookings_are_kept_and_told(station: Station) -> None:
    room = station.room
    Room.objects.filter(pk=room.pk).update(name="CT 1")
    open_on(room, 0, "08:00", "10:00")
    booked = make_order()
    book(room, monday(8), booked)
    block(
        room_id=room.pk,
        start=monday(8, 40),
        end=monday(9),
        kind=BlockKind.QA,
        cause=DESK,
    )
    found = find_slots(make_order(), wishes(days=1), limit=9)
    times = [f"{slot.start:%H:%M}" for slot in found.slots]
    assert times == ["08:20", "09:00", "09:20", "09:40"]
    told = [one.text for _room, one in found.obstacles]
    assert any(booked.accession_number in text for text in told)
    assert any("Quality assurance" in text for text in told)
    assert any("closed" in text for text in told)


def test_the_first_free_room_of_several_comes_first(station: Station) -> None:
    Room.objects.filter(pk=station.room_id).update(name="CT 1")
    other = StationFactory.create(room__name="CT 2", room__position=1)
    book(station.room, monday(7), duration_minutes=60)
    wanted = wishes(monday(7), 1)
    assert starts(make_order(), wanted, 3) == [
        "CT 2 Mon 07:00",
        "CT 2 Mon 07:20",
        "CT 2 Mon 07:40",
    ]
    only = wishes(monday(7), 1, room_id=station.room_id)
    assert starts(make_order(), only, 1) == ["CT 1 Mon 08:00"]
    assert other.steps.count() == 0


def test_set_up_and_clean_up_hold_the_room_around_the_exam(station: Station) -> None:
    procedure("BIO", duration_minutes=30, setup_minutes=15, cleanup_minutes=10)
    order = make_order(procedure=Code("BIO", "", "99RADFLOW"))
    book(station.room, monday(10), order)
    held = Appointment.objects.get()
    assert (held.during.lower, held.during.upper) == (monday(9, 45), monday(10, 40))
    assert order.steps.get().start == monday(10)
    with pytest.raises(SlotTaken):
        book(station.room, monday(9, 30))
    book(station.room, monday(9, 25))
    book(station.room, monday(10, 40))
    second = make_order(procedure=Code("BIO", "", "99RADFLOW"))
    found = find_slots(second, wishes(monday(9, 25), 1), limit=1).slots
    assert found[0].start == monday(11, 15)


def test_fasting_takes_mornings_and_a_part_of_day_is_kept(station: Station) -> None:
    procedure("FAST", fasting=True, duration_minutes=60)
    Room.objects.filter(pk=station.room_id).update(name="CT 1")
    order = exam("FAST")
    wanted = wishes(monday(11), 2)
    assert starts(order, wanted, 3) == [
        "CT 1 Mon 11:00",
        "CT 1 Tue 07:00",
        "CT 1 Tue 08:00",
    ]
    late = wishes(monday(7), 1, part_of_day="afternoon")
    assert starts(order, late, 1) == ["CT 1 Mon 12:00"]


def test_barium_comes_last_by_the_rule_that_says_so(station: Station) -> None:
    procedure("BAR", sequence_classes="barium")
    procedure("ABD", sequence_classes="Abdomen, iodine")
    SequenceRule.objects.create(
        earlier="barium", later="abdomen", hours=48, reason="Barium hides it."
    )
    book(station.room, monday(10), exam("BAR"))
    abdomen = exam("ABD")
    with pytest.raises(NotBookable) as refused:
        book(station.room, monday(11), abdomen)
    assert refused.value.code == "SEQUENCE"
    assert "waits 48 h after CT BAR" in refused.value.text
    assert "Barium hides it." in refused.value.text
    reasons = why_not(abdomen, station.room, monday(11), wishes())
    assert reasons == [refused.value.text]
    # Before the barium it may be.
    assert find_slots(abdomen, wishes(), limit=1).slots[0].start == monday(7)
    after = find_slots(abdomen, wishes(monday(10, 20)), limit=1).slots[0]
    assert after.start == monday(10, 20, days=2)
    book(station.room, monday(9, 40), abdomen)


def test_the_rule_counts_too_for_what_is_booked_before_the_other(
    station: Station,
) -> None:
    procedure("BAR", sequence_classes="barium")
    procedure("ABD", sequence_classes="abdomen")
    SequenceRule.objects.create(earlier="barium", later="", hours=48)
    book(station.room, monday(10, days=3), exam("ABD"))
    with pytest.raises(NotBookable) as refused:
        book(station.room, monday(11, days=1), exam("BAR"))
    assert refused.value.code == "SEQUENCE"
    book(station.room, monday(9, 40, days=1), exam("BAR"))


def test_a_patient_is_in_one_place_at_a_time(station: Station) -> None:
    other = StationFactory.create()
    book(station.room, monday(10), exam("A"))
    with pytest.raises(NotBookable) as refused:
        book(other.room, monday(10, 10), exam("B"))
    assert refused.value.code == "PATIENT_BUSY"
    book(other.room, monday(10, 20), exam("B"))


def test_every_refused_time_can_be_explained(station: Station) -> None:
    block(
        room_id=station.room_id,
        start=monday(9),
        end=monday(11),
        kind=BlockKind.STAFF,
        cause=DESK,
    )
    order = make_order()
    free = {slot.start for slot in find_slots(order, wishes(days=1), limit=99).slots}
    at = monday(0)
    while at < monday(0, days=1):
        assert (at in free) <= (why_not(order, station.room, at, wishes(days=1)) == [])
        at += timedelta(minutes=5)
    assert why_not(order, station.room, monday(days=-60), wishes(days=1))


def test_a_resource_is_held_with_the_room_and_given_back_with_it(
    station: Station,
) -> None:
    other = StationFactory.create()
    needy = procedure("ANA")
    ResourceNeed.objects.create(procedure=needy, kind="anaesthesia")
    Resource.objects.create(site=station.room.site, kind="anaesthesia", name="Team A")
    first = make_order(procedure=Code("ANA", "", "99RADFLOW"))
    second = make_order(procedure=Code("ANA", "", "99RADFLOW"))
    book(station.room, monday(), first)
    with pytest.raises(NotBookable) as refused:
        book(other.room, monday(), second)
    assert refused.value.code == "RESOURCE_TAKEN"
    unbook(order_id=first.pk, cause=DESK, reason="Ill")
    assert not ResourceHold.objects.exists()
    book(other.room, monday(), second)
    assert ResourceHold.objects.get().resource.name == "Team A"
