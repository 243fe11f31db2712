"""A room's calendar: RFC 5545, without patients, behind an address that can go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from orders.models import Order
from orders.requests import Code, Identifier
from radflow.accounts.models import User
from tests.factories import make_order, patient_request
from tests.worklist.planning import DESK, book, monday
from worklist.calendar import calendar_of, escaped, folded
from worklist.models import BlockKind, Station
from worklist.services import block, unbook
from worklist.services.feeds import renew_feed, withdraw_feed

pytestmark = pytest.mark.django_db


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


@pytest.fixture
def booked(station: Station) -> Order:
    order = make_order(
        patient=patient_request(
            family_name="Zander",
            given_name="Ilse",
            identifiers=(Identifier("77889900", "GENHOSP"),),
        ),
        accession_number="ACC1",
        procedure=Code("CTPA", "CT thorax, low dose; für Ärzte", "99RADFLOW"),
    )
    book(station.room, monday(), order)
    return order


def test_an_appointment_is_an_event_in_utc(station: Station, booked: Order) -> None:
    lines = unfolded(calendar_of(station.room))
    held = booked.steps.get().appointments.get()
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert f"UID:appointment-{held.pk}@radflow" in lines
    assert "SEQUENCE:1" in lines
    assert f"DTSTART:{monday():%Y%m%dT%H%M%SZ}" in lines
    assert f"DTEND:{monday(10, 20):%Y%m%dT%H%M%SZ}" in lines
    assert "SUMMARY:ACC1 CT thorax\\, low dose\\; für Ärzte" in lines


def test_moving_raises_the_sequence_and_freeing_takes_it_out(
    station: Station, booked: Order
) -> None:
    book(station.room, monday(11), booked)
    assert "SEQUENCE:2" in unfolded(calendar_of(station.room))
    unbook(order_id=booked.pk, cause=DESK, reason="Ill")
    assert "BEGIN:VEVENT" not in calendar_of(station.room)


def test_no_patient_and_no_free_text_is_told(station: Station, booked: Order) -> None:
    block(
        room_id=station.room_id,
        start=monday(12),
        end=monday(13),
        kind=BlockKind.RESERVED,
        reason="For Mr Zander",
        cause=DESK,
    )
    text = calendar_of(station.room)
    assert "SUMMARY:Blocked: Reserved" in unfolded(text)
    for secret in ("Zander", "Ilse", "77889900"):
        assert secret not in text


def test_lines_are_folded_by_octets_and_never_within_a_character() -> None:
    line = "SUMMARY:" + "ä" * 200 + "漢" * 100
    parts = folded(line).split("\r\n")
    assert all(len(part.encode()) <= 75 for part in parts)
    assert "".join([parts[0], *(part[1:] for part in parts[1:])]) == line
    assert escaped("a\\b\nc\x07") == "a\\\\b\\nc"


def test_the_address_opens_without_sign_in_until_renewed_or_withdrawn(
    client: Client, station: Station, booked: Order, administrator: User
) -> None:
    first = renew_feed(room=station.room, by=administrator)
    answer = client.get(f"/calendars/{first}.ics")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"ACC1" in answer.content
    second = renew_feed(room=station.room, by=administrator)
    assert client.get(f"/calendars/{first}.ics").status_code == 404
    assert client.get(f"/calendars/{second}.ics").status_code == 200
    withdraw_feed(room=station.room, by=administrator)
    assert client.get(f"/calendars/{second}.ics").status_code == 404
    assert client.post(f"/calendars/{second}.ics").status_code == 405


def test_the_day_on_paper_shows_patients_to_who_may_see_them(
    client_for: Callable[[User], Client],
    technologist: User,
    outsider: User,
    station: Station,
    booked: Order,
) -> None:
    address = f"/rooms/{station.room_id}/day/?date={monday():%Y-%m-%d}"
    page = client_for(technologist).get(address).content.decode()
    assert "Zander" in page
    assert "10:00" in page
    other = f"/rooms/{station.room_id}/day/?date={monday() + timedelta(1):%Y-%m-%d}"
    assert "Zander" not in client_for(technologist).get(other).content.decode()
    assert client_for(outsider).get(address).status_code == 403
