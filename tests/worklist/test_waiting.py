"""The wait list: who gave a slot back offers it to who waits, in order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orders.lifecycle import ExamState
from orders.models import Order
from radflow.accounts.models import User
from tests.factories import make_order
from tests.worklist.planning import DESK, book, monday
from worklist.exceptions import NotBookable
from worklist.models import (
    Appointment,
    AppointmentState,
    FreedSlot,
    Station,
    WaitListEntry,
)
from worklist.services import arrive, no_show, put_on_list, take_off_list, unbook
from worklist.services.giving_up import cancel_exam, give_up_slot_for
from worklist.services.waiting import Wish, dismiss, openings

pytestmark = pytest.mark.django_db


def listed(order: Order | None = None, **wish: object) -> WaitListEntry:
    order = order or make_order()
    return put_on_list(order_id=order.pk, wish=Wish(**wish), cause=DESK)  # type: ignore[arg-type]


def offered() -> list[int]:
    return [offer.entry.order_id for one in openings() for offer in one.offers]


@pytest.fixture
def taken(station: Station) -> Order:
    order = make_order()
    book(station.room, monday(), order)
    return order


def test_a_freed_slot_is_offered_by_priority_then_by_waiting(taken: Order) -> None:
    routine, stat = listed(), listed(make_order(priority="S"))
    later = listed()
    assert offered() == []
    give_up_slot_for(order_id=taken.pk, code="110526", comment="", cause=DESK)
    assert offered() == [stat.order_id, routine.order_id, later.order_id]


@pytest.mark.parametrize("way", ["move", "no_show", "cancel"])
def test_every_way_of_freeing_is_proposed(
    station: Station, taken: Order, way: str
) -> None:
    entry = listed()
    if way == "move":
        book(station.room, monday(15), taken)
    elif way == "no_show":
        no_show(order_id=taken.pk, cause=DESK)
    else:
        cancel_exam(order_id=taken.pk, code="110500", comment="", cause=DESK)
    assert offered() == [entry.order_id]


def test_wishes_and_what_it_has_already_decide(station: Station, taken: Order) -> None:
    listed(not_before=(monday() + timedelta(days=1)).date())
    listed(not_after=(monday() - timedelta(days=1)).date())
    listed(part_of_day="evening")
    listed(notice_hours=720)
    earlier = make_order()
    book(station.room, monday(9), earlier)
    listed(earlier)
    fits = listed(part_of_day="morning", room=station.room)
    unbook(order_id=taken.pk, cause=DESK, reason="Ill")
    assert offered() == [fits.order_id]


def test_a_booking_that_is_earlier_ends_the_wait_and_a_later_does_not(
    station: Station, taken: Order
) -> None:
    entry = listed(taken)
    book(station.room, monday(16), taken)
    entry.refresh_from_db()
    assert entry.state == "waiting"
    book(station.room, monday(8), taken)
    entry.refresh_from_db()
    assert entry.state == "booked"


def test_an_opening_goes_when_used_or_dismissed(
    station: Station, taken: Order, coordinator: User
) -> None:
    entry = listed()
    unbook(order_id=taken.pk, cause=DESK, reason="Ill")
    book(station.room, monday())
    assert offered() == []
    Appointment.objects.all().update(state=AppointmentState.CANCELLED)
    assert offered() == [entry.order_id]
    dismiss(freed_id=FreedSlot.objects.get().pk, cause=DESK)
    assert offered() == []


def test_nothing_is_kept_where_nobody_waits(taken: Order) -> None:
    unbook(order_id=taken.pk, cause=DESK, reason="Ill")
    assert not FreedSlot.objects.exists()


def test_an_exam_is_listed_once_and_leaves_the_list(taken: Order) -> None:
    entry = listed(taken, note="Any day")
    assert listed(taken, note="Mornings").pk == entry.pk
    take_off_list(entry_id=entry.pk, cause=DESK)
    entry.refresh_from_db()
    assert (entry.state, entry.note) == ("withdrawn", "Mornings")
    arrive(order_id=taken.pk, cause=DESK)
    with pytest.raises(NotBookable):
        listed(taken)


def test_the_coded_reason_stays_with_the_slot(taken: Order) -> None:
    order = give_up_slot_for(
        order_id=taken.pk, code="110504", comment="Called", cause=DESK
    )
    held = Appointment.objects.get()
    assert (held.state, held.reason_code) == ("cancelled", "110504")
    assert order.status == ExamState.ORDERED
    assert order.events.filter(detail="Patient died. Called").exists()


def test_who_did_not_come_is_told_by_the_code(taken: Order) -> None:
    no_show(order_id=taken.pk, cause=DESK)
    assert Appointment.objects.get().reason_code == "110507"


def test_a_cancelled_exam_keeps_why(taken: Order) -> None:
    order = cancel_exam(order_id=taken.pk, code="110510", comment="", cause=DESK)
    held = Appointment.objects.get()
    assert order.status == ExamState.CANCELLED
    assert (held.state, held.reason_code) == ("cancelled", "110510")
