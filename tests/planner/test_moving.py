"""Exams are moved by pointer and by keyboard, seen by others, refused, and undone."""

from __future__ import annotations

from datetime import UTC

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from orders.models import Order
from radflow.accounts.models import User
from tests.factories import UserFactory
from tests.planner.conftest import Sit
from tests.worklist.pages.exams import DESK, booked, noon, ordered
from worklist.models import Appointment, Grasp, Station
from worklist.services import book_step

pytestmark = pytest.mark.django_db(transaction=True)
Rooms = tuple[Station, Station]
DAY = 24 * 60  # minutes: tomorrow, as a slot that has passed would be given up


@pytest.fixture
def priya(transactional_db: None) -> User:
    return UserFactory.create(
        role="coordinator", first_name="Priya", last_name="Raman", username="priya"
    )


@pytest.fixture
def exam(rooms: Rooms) -> Order:
    """Ada Okafor, booked in CT 1 tomorrow at noon for twenty minutes."""
    return booked(rooms[0], mrn="700123", accession="ACC1", minutes=DAY)


def block(page: Page, order: Order) -> Locator:
    return page.locator(f".ev[data-order='{order.pk}']")


def point(page: Page, station: Station, minutes: int) -> tuple[float, float]:
    """The place on the screen of so many minutes after noon in a room."""
    column = page.locator(f"[data-room='{station.room_id}'] .sched-col")
    page.locator(".sched-scroll").evaluate(
        "(frame, m) => { frame.scrollTop = m * 1.8 }", (4 * 60 + minutes)
    )
    box = column.bounding_box()
    assert box is not None
    share = (5 * 60 + minutes) / (12 * 60)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * share


def drag(page: Page, source: Locator, station: Station, minutes: int) -> None:
    """From just below the top of a card or block, across the middle of the board."""
    point(page, station, minutes)
    box = source.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 15)
    page.mouse.move(500, 500)
    expect(page.locator(".ghost")).to_be_visible()
    to = point(page, station, minutes)
    page.mouse.move(to[0], to[1] + 5, steps=4)


def slot_of(order: Order) -> tuple[str, str]:
    order.refresh_from_db()
    assert order.scheduled_start is not None
    return order.room_name, f"{order.scheduled_start:%H:%M}"


def at(minutes: int) -> str:
    return f"{noon(DAY + minutes).astimezone(UTC):%H:%M}"


def test_a_block_is_dragged_to_another_room_and_time_and_back(
    sit: Sit, priya: User, rooms: Rooms, exam: Order
) -> None:
    desk = sit(priya)
    desk.open()
    drag(desk.page, block(desk.page, exam), rooms[1], 45)
    expect(desk.page.locator(".ghost")).to_contain_text("12:45 to 13:05")
    desk.page.mouse.up()
    expect(desk.page.locator(".toast")).to_contain_text("Booked")
    there = desk.page.locator(f"[data-room='{rooms[1].room_id}'] .ev")
    expect(there).to_have_attribute("data-first", "765")
    assert slot_of(exam) == ("CT 2", at(45))
    desk.page.keyboard.press("Control+z")
    expect(desk.page.get_by_text("Undone.")).to_be_visible()
    assert slot_of(exam) == ("CT 1", at(0))


def test_a_card_of_the_tray_is_dragged_to_a_time_and_leaves_the_tray(
    sit: Sit, priya: User, rooms: Rooms
) -> None:
    order = ordered(mrn="1", accession="A1", family="Zander")
    desk = sit(priya)
    desk.open()
    card = desk.page.locator(".tray-card")
    drag(desk.page, card, rooms[0], 30)
    desk.page.mouse.up()
    expect(block(desk.page, order)).to_be_visible()
    expect(card).to_have_count(0)
    assert slot_of(order) == ("CT 1", at(30))


def test_a_taken_time_is_warned_of_and_refused_and_the_block_stays(
    sit: Sit, priya: User, rooms: Rooms, exam: Order
) -> None:
    other = booked(rooms[1], mrn="2", accession="ACC2", family="Zander", minutes=DAY)
    desk = sit(priya)
    desk.open()
    drag(desk.page, block(desk.page, exam), rooms[1], 15)
    ghost = desk.page.locator(".ghost")
    expect(ghost).to_have_attribute("data-warns", "")
    expect(ghost).to_contain_text("Taken by Zander")
    desk.page.mouse.up()
    dialog = desk.page.locator("#task")
    expect(dialog).to_contain_text("CT 2 is booked from 12:00 to 12:20 (exam ACC2)")
    expect(ghost).to_have_count(0)
    desk.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(block(desk.page, exam)).to_have_attribute("data-first", "720")
    assert slot_of(exam) == ("CT 1", at(0))
    assert slot_of(other) == ("CT 2", at(0))


def test_what_was_changed_meanwhile_is_not_written_over(
    sit: Sit, priya: User, rooms: Rooms, exam: Order
) -> None:
    desk = sit(priya)
    desk.open()
    book_step(
        order_id=exam.pk, room_id=rooms[0].room_id, start=noon(DAY + 60), cause=DESK
    )
    drag(desk.page, block(desk.page, exam), rooms[1], 45)
    desk.page.mouse.up()
    expect(desk.page.locator("#task")).to_contain_text("Nothing was saved.")
    assert slot_of(exam) == ("CT 1", at(60))


def test_escape_gives_up_a_drag(
    sit: Sit, priya: User, rooms: Rooms, exam: Order
) -> None:
    desk = sit(priya)
    desk.open()
    drag(desk.page, block(desk.page, exam), rooms[1], 45)
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator(".ghost")).to_have_count(0)
    desk.page.mouse.up()
    assert slot_of(exam) == ("CT 1", at(0))


def test_the_keyboard_walks_blocks_and_moves_one(
    sit: Sit, priya: User, rooms: Rooms, exam: Order
) -> None:
    booked(rooms[0], mrn="2", accession="ACC2", family="Zander", minutes=DAY + 60)
    desk = sit(priya)
    desk.open()
    page = desk.page
    page.locator(".ev > a").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".ev > a").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("m")
    expect(page.locator(".ghost")).to_contain_text("12:00 to 12:20")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("[data-said]")).to_have_text("CT 2, 12:20 to 12:40")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Booked")
    assert slot_of(exam) == ("CT 2", at(20))
    expect(block(page, exam).locator("a")).to_be_focused()


def test_the_keyboard_gives_up_and_a_barcode_books_nothing(
    sit: Sit, priya: User, rooms: Rooms, exam: Order
) -> None:
    desk = sit(priya)
    desk.open()
    page = desk.page
    for ending in ("Escape", "7"):
        block(page, exam).locator("a").focus()
        page.keyboard.press("m")
        expect(page.locator(".ghost")).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press(ending)
        expect(page.locator(".ghost")).to_have_count(0)
    assert slot_of(exam) == ("CT 1", at(0))


def test_enter_opens_the_form_over_the_page(
    sit: Sit, priya: User, rooms: Rooms, exam: Order
) -> None:
    desk = sit(priya)
    desk.open()
    block(desk.page, exam).locator("a").focus()
    desk.page.keyboard.press("Enter")
    form = desk.page.locator("#task #schedule-form")
    form.get_by_label("Time").fill("14:00")
    desk.page.locator("#task").get_by_role("button", name="Move").click()
    expect(desk.page.locator(".toast")).to_contain_text("Booked")
    assert slot_of(exam)[1] == at(120)


def test_others_see_who_holds_an_exam_and_where_it_would_go(
    sit: Sit, priya: User, rooms: Rooms, exam: Order
) -> None:
    kim = UserFactory.create(role="coordinator", first_name="Kim", last_name="Ng")
    mine, theirs = sit(priya), sit(kim)
    mine.open()
    theirs.open()
    with theirs.page.expect_response(_says_where):
        drag(theirs.page, block(theirs.page, exam), rooms[1], 45)
    mine.hear()
    expect(block(mine.page, exam)).to_have_attribute("data-held", "Held by Kim Ng")
    slot = mine.page.locator(f"[data-room='{rooms[1].room_id}'] .grasped")
    expect(slot).to_have_text("Held by Kim Ng")
    expect(slot).to_have_attribute("data-first", "765")
    theirs.hear()
    expect(block(theirs.page, exam)).not_to_have_attribute("data-held", "")
    assert theirs.page.locator(".grasped").count() == 0
    with theirs.page.expect_response("**/schedule/release/"):
        theirs.page.keyboard.press("Escape")
    theirs.page.mouse.up()
    assert not Grasp.objects.exists()
    mine.hear()
    expect(slot).to_have_count(0)
    assert block(mine.page, exam).get_attribute("data-held") is None


def _says_where(answer: Response) -> bool:
    said = answer.request.post_data or ""
    return answer.url.endswith("/schedule/grasp/") and "room=" in said


def test_a_column_follows_others_unless_somebody_points_into_it(
    sit: Sit, priya: User, rooms: Rooms, exam: Order
) -> None:
    desk = sit(priya)
    desk.open()
    desk.hear()
    page = desk.page
    page.mouse.move(*point(page, rooms[0], 90))
    booked(rooms[1], mrn="2", accession="ACC2", family="Zander", minutes=DAY)
    booked(rooms[0], mrn="3", accession="ACC3", family="Levi", minutes=DAY + 60)
    desk.hear()
    expect(page.locator(f"[data-room='{rooms[1].room_id}'] .ev")).to_have_count(1)
    bar = page.get_by_role("button", name="1 row changed. Show")
    expect(bar).to_be_visible()
    expect(page.locator(f"[data-room='{rooms[0].room_id}'] .ev")).to_have_count(1)
    bar.click()
    expect(page.locator(f"[data-room='{rooms[0].room_id}'] .ev")).to_have_count(2)


def test_on_a_phone_one_room_is_shown_and_another_chosen(
    sit: Sit, priya: User, rooms: Rooms, exam: Order
) -> None:
    desk = sit(priya, width=390)
    desk.open()
    page = desk.page
    expect(page.get_by_role("heading", name="CT 1")).to_be_visible()
    expect(page.get_by_role("heading", name="CT 2")).to_be_hidden()
    page.locator(".planner-room select").select_option(label="CT 2")
    expect(page.get_by_role("heading", name="CT 2")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert Appointment.objects.count() == 1
