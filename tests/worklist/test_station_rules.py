"""What a station is offered by its own rules, and that explain says the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from orders.models import Order
from orders.requests import ScheduleRequest
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.dicom.criteria import Single
from radflow.dicom.matching import StartWindow, WorklistQuery
from tests.factories import RoomFactory, SiteFactory, StationFactory, make_order
from worklist.exceptions import StationChanged
from worklist.explain import explain, explain_everywhere
from worklist.models import Appointment, ScheduledStep, Station
from worklist.selectors.worklist import everything_for, worklist_items
from worklist.services.stations import add_station, change_station

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=5)


@pytest.fixture
def neighbour(station: Station) -> Station:
    """CT2 of the same room group as CT1; CT3 is of no group."""
    StationFactory.create(name="CT3", ae_title="CT3_AE")
    Station.objects.filter(pk=station.pk).update(group="suite")
    station.refresh_from_db()
    return StationFactory.create(name="CT2", ae_title="CT2_AE", group="suite")


def planned(ae_title: str = "", after: timedelta = SOON, **fields: Any) -> Order:
    """An exam for that scanner, else for any; `fields` as its step and order have."""
    order = make_order(schedule=ScheduleRequest(timezone.now() + timedelta(days=9)))
    Appointment.objects.filter(step__order=order).delete()
    status = fields.pop("status", order.status)
    Order.objects.filter(pk=order.pk).update(status=status)
    values = {
        "station": Station.objects.filter(ae_title=ae_title).first(),
        "station_ae_title": ae_title,
        "start": timezone.now() + after,
    }
    ScheduledStep.objects.filter(order=order).update(**{**values, **fields})
    order.refresh_from_db()
    return order


def in_room(order: Order, station: Station) -> Order:
    """Booked into the room, without its scanner."""
    step = order.steps.get()
    during = TimestamptzRange(step.start, step.start + timedelta(seconds=1))
    Appointment.objects.create(
        step=step, room=station.room, during=during, overbooked=True
    )
    return order


def set_rules(station: Station, **rules: Any) -> Station:
    Station.objects.filter(pk=station.pk).update(**rules)
    return Station.objects.select_related("room__site").get(pk=station.pk)


def seen(station: Station) -> set[int]:
    return {offer.order_id for offer in everything_for(station, 500)}


def words(order: Order, station: Station) -> str:
    return " ".join(f"{one.text} {one.fix}" for one in explain(order, station))


def test_explain_and_the_answers_agree_for_every_rule(neighbour: Station) -> None:
    station = Station.objects.get(ae_title="CT1_AE")
    other = Station.objects.get(ae_title="CT3_AE")
    orders = [
        planned("CT1_AE"),
        planned("CT2_AE"),
        planned("CT3_AE"),
        planned("CT2_AE", modality="MR"),
        planned("CT1_AE", modality="MR"),
        planned(),
        planned(modality="MR"),
        planned(made_for="MR"),
        in_room(planned(), station),
        in_room(planned(), neighbour),
        in_room(planned(), other),
        planned("CT1_AE", status="in_progress"),
        planned("CT1_AE", status="on_hold"),
        planned("CT1_AE", closed=True),
        *(
            planned("CT1_AE", after=timedelta(hours=hours), status=status)
            for hours in (-30, -2, 2, 30)
            for status in ("scheduled", "arrived", "in_progress")
        ),
    ]
    limits: list[int | None] = [None, 12]
    for scope, ahead, behind, started in product(
        ("own", "pool", "group"), limits, limits, (False, True)
    ):
        station = set_rules(
            station,
            scope=scope,
            look_ahead_hours=ahead,
            look_behind_hours=behind,
            show_started=started,
        )
        told = {o.pk for o in orders if all(r.offered for r in explain(o, station))}
        assert told == seen(station), (scope, ahead, behind, started)


def test_a_station_of_its_own_alone_has_no_pool(neighbour: Station) -> None:
    mine, anybodys = planned("CT1_AE"), planned()
    station = set_rules(Station.objects.get(ae_title="CT1_AE"), scope="own")
    assert seen(station) == {mine.pk}
    assert "planned for no scanner, and CT1 shows its own" in words(anybodys, station)


def test_a_group_shares_the_exams_of_its_rooms(neighbour: Station) -> None:
    theirs, strangers = planned("CT2_AE"), planned("CT3_AE")
    booked = in_room(planned(), neighbour)
    station = set_rules(Station.objects.get(ae_title="CT1_AE"), scope="group")
    assert seen(station) == {theirs.pk, booked.pk}
    assert "CT3_AE, which is not in the group suite" in words(strangers, station)
    asked = WorklistQuery(station_ae=Single("CT2_AE"))
    titles = {o.item.station_ae for o in worklist_items(asked, station)}
    assert titles == {"CT2_AE"}, "the scanner that was asked for, section 6.3"


def test_the_look_ahead_ends_a_list_and_says_when_it_appears(station: Station) -> None:
    tomorrow = planned("CT1_AE", after=timedelta(hours=20))
    station = set_rules(station, look_ahead_hours=12)
    assert seen(station) == set()
    text = words(tomorrow, station)
    assert "look-ahead 12 h" in text
    there = tomorrow.steps.get().start - timedelta(hours=12)
    assert f"It appears at {there:%Y-%m-%d %H:%M} UTC by itself" in text


def test_who_is_here_stays_however_late(station: Station) -> None:
    late = planned("CT1_AE", after=-timedelta(hours=9))
    here = planned("CT1_AE", after=-timedelta(hours=9), status="arrived")
    station = set_rules(station, look_behind_hours=4)
    assert seen(station) == {here.pk}
    assert "look-behind 4 h" in words(late, station)


def test_a_started_exam_is_there_for_append_where_asked_for(station: Station) -> None:
    running = planned("CT1_AE", status="in_progress")
    assert seen(station) == set()
    assert "CT1 shows no started ones" in words(running, station)
    station = set_rules(station, show_started=True)
    (offer,) = everything_for(station, 10)
    assert offer.item.step_status == "STARTED"


def test_times_are_those_of_the_rooms_site(db: None) -> None:
    """A pool step too: each scanner reads the same moment by its own clock."""
    tokyo = SiteFactory.create(code="TOKYO", name="Tokyo", time_zone="Asia/Tokyo")
    here = StationFactory.create(ae_title="CT1_AE")
    there = StationFactory.create(
        ae_title="CT9_AE", room=RoomFactory.create(site=tokyo)
    )
    start = datetime(2027, 1, 5, 20, 30, tzinfo=UTC)
    for ae_title in ("CT9_AE", ""):
        order = planned(ae_title, start=start)
        (offer,) = worklist_items(WorklistQuery(start=window("20270106")), there)
        assert (offer.item.start_date, offer.item.start_time) == ("20270106", "053000")
        assert offer.item.timezone_offset == "+0900"
        order.steps.all().delete()
    planned("", start=start)
    (offer,) = worklist_items(WorklistQuery(start=window("20270105")), here)
    assert (offer.item.start_time, offer.item.timezone_offset) == ("203000", "+0000")


def window(day: str) -> StartWindow:
    low = datetime.strptime(day, "%Y%m%d")
    return StartWindow(low, low + timedelta(days=1))


def test_a_query_without_keys_means_today_until_there_is_a_window(
    station: Station,
) -> None:
    later = planned("CT1_AE", after=timedelta(days=3))
    assert list(worklist_items(WorklistQuery(), station)) == []
    station = set_rules(station, look_ahead_hours=100)
    (offer,) = worklist_items(WorklistQuery(), station)
    assert offer.order_id == later.pk


def test_every_station_is_judged_in_a_few_queries(
    neighbour: Station, django_assert_max_num_queries: Any
) -> None:
    order = planned("CT1_AE")
    with django_assert_max_num_queries(8):
        verdicts = explain_everywhere(order)
    assert {one.station.name: one.offered for one in verdicts} == {
        "CT1": True,
        "CT2": False,
        "CT3": False,
    }


def test_a_change_is_audited_and_needs_the_revision_that_was_read(
    station: Station, interface_admin: User
) -> None:
    change = {"scope": "own", "look_ahead_hours": 12}
    changed = change_station(
        station_id=station.pk, values=change, revision=1, by=interface_admin
    )
    assert (changed.scope, changed.revision) == ("own", 2)
    entry = AuditEntry.objects.get(action="station_changed")
    assert entry.detail["old"] == {"scope": "pool", "look_ahead_hours": None}
    assert entry.detail["new"] == change
    with pytest.raises(StationChanged):
        change_station(station_id=station.pk, values={}, revision=1, by=interface_admin)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ae_title", "CT\\1"),
        ("ae_title", "SEVENTEEN_LETTERS"),
        ("modality", "ct"),
        ("charset", "ISO_IR 999"),
        ("scope", "group"),
        ("addresses", ["10.0.0.300"]),
        ("certificate", "ab"),
        ("look_ahead_hours", 100_000),
    ],
)
def test_what_no_station_may_be_is_said_beside_its_field(
    station: Station, interface_admin: User, field: str, value: Any
) -> None:
    values = {
        "name": "CT5",
        "ae_title": "CT5_AE",
        "room": station.room_id,
        "modality": "CT",
        field: value,
    }
    with pytest.raises(ValidationError) as refused:
        add_station(values=values, by=interface_admin)
    assert {field, "group"} & set(refused.value.message_dict)
