"""Five hundred blocks: every one is there, and how long it takes is printed."""

from __future__ import annotations

import statistics
import time
from copy import copy
from datetime import timedelta
from itertools import count
from typing import TypeVar

import pytest
from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from playwright.sync_api import CDPSession, Page, expect

from orders.models import Order, Patient
from radflow.accounts.models import User
from tests.factories import RoomFactory, StationFactory, UserFactory
from tests.planner.conftest import Sit, session_of
from tests.worklist.pages.exams import booked, noon
from worklist.models import Appointment, ScheduledStep

pytestmark = pytest.mark.django_db(transaction=True)
ROOMS, EACH, MINUTES = 10, 50, 14
FIRST = 24 * 60 - 5 * 60  # tomorrow at seven
ADDRESS = f"/schedule/?date={noon(24 * 60):%Y-%m-%d}"
Row = TypeVar("Row", Patient, Order, ScheduledStep, Appointment)
# How long each frame took while the exam was dragged.
SAMPLE = """() => {
  window.frames_ = [];
  let last = performance.now();
  const next = (at) => {
    window.frames_.push(at - last);
    last = at;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}"""


@pytest.fixture
def coordinator(transactional_db: None) -> User:
    return UserFactory.create(role="coordinator", username="priya")


SWAP = """async () => {
  const { refresh } = await import("/static/js/live.js");
  await refresh(document.querySelector("[data-column] [data-live]"), true);
}"""


def fill() -> None:
    """Copies of one exam, each of a person of its own; too many for the services."""
    stations = [
        StationFactory.create(room=RoomFactory.create(name=f"CT {n:02}", position=n))
        for n in range(ROOMS)
    ]
    first = booked(stations[0], mrn="1", accession="A1", minutes=FIRST)
    held = Appointment.objects.select_related("step__order__patient").get()
    numbers = count(1)
    places = [(s, n) for s in stations for n in range(EACH)][1:]
    people, orders, steps, slots = [], [], [], []
    for station, place in places:
        number = next(numbers)
        person = _copy(first.patient, family_name=f"Someone{number}", given_name="Ada")
        order = _copy(
            first,
            patient=person,
            accession_number=f"B{number}",
            filler_order_number=f"F{number}",
            study_instance_uid=f"1.2.{number}",
            room_name=station.room.name,
        )
        start = noon(FIRST + 10 + place * MINUTES)
        step = _copy(held.step, order=order, start=start, station=station)
        during = DateTimeTZRange(start, start + timedelta(minutes=MINUTES), "[)")
        people.append(person)
        orders.append(order)
        steps.append(step)
        slots.append(_copy(held, step=step, room=station.room, during=during))
    Patient.objects.bulk_create(people)
    Order.objects.bulk_create(orders)
    ScheduledStep.objects.bulk_create(steps)
    Appointment.objects.bulk_create(slots)


def _copy(row: Row, **changes: object) -> Row:
    made = copy(row)
    made.pk = None
    made._state = copy(row._state)
    made._state.adding = True
    made._state.fields_cache = {}
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_five_hundred_blocks_are_drawn_and_dragged(sit: Sit, coordinator: User) -> None:
    fill()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session_of(coordinator)
    cold = _milliseconds(client)
    warm = statistics.median(_milliseconds(client) for _ in range(5))
    size = len(client.get(ADDRESS).content)
    desk = sit(coordinator)
    page = desk.page
    worked = page.context.new_cdp_session(page)
    worked.send("Performance.enable")
    desk.open()
    expect(page.locator(".ev")).to_have_count(ROOMS * EACH)
    drawn = _tasks(worked)
    print(f"\n500 blocks: {size // 1000} kB, server {cold:.0f} ms cold, {warm:.0f} ms")
    print(f"browser: {drawn:.0f} ms of work to be complete")
    frames = _dragged(page)
    middle, worst = statistics.median(frames), statistics.quantiles(frames, n=20)[18]
    each = (_tasks(worked) - drawn) / len(frames)
    print(f"drag: {len(frames)} frames, median {middle:.1f} ms, p95 {worst:.1f} ms")
    print(f"      {each:.1f} ms of work for each")
    before = _tasks(worked)
    page.evaluate(SWAP)
    print(f"a column of {EACH} drawn anew: {_tasks(worked) - before:.0f} ms of work")


def _tasks(worked: CDPSession) -> float:
    """Milliseconds that the page's main thread has worked."""
    found = worked.send("Performance.getMetrics")["metrics"]
    told = {each["name"]: float(each["value"]) for each in found}
    return told["TaskDuration"] * 1000


def _dragged(page: Page) -> list[float]:
    """Across all rooms and back; dropped nowhere."""
    source = page.locator(".ev[data-movable]").nth(20).bounding_box()
    assert source is not None
    page.mouse.move(source["x"] + 20, source["y"] + 5)
    page.mouse.down()
    page.mouse.move(source["x"] + 40, source["y"] + 20)
    expect(page.locator(".ghost")).to_be_visible()
    page.evaluate(SAMPLE)
    page.mouse.move(900, 500, steps=60)
    page.mouse.move(200, 300, steps=60)
    frames: list[float] = page.evaluate("window.frames_.slice(1)")
    page.keyboard.press("Escape")
    page.mouse.up()
    return frames


def _milliseconds(client: Client) -> float:
    """Of the processor: a busy machine makes the clock say anything."""
    started = time.process_time()
    assert client.get(ADDRESS).status_code == 200
    return (time.process_time() - started) * 1000
