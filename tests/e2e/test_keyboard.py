"""Each role's main work with the keyboard alone: no pointer, no field filled unseen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.clients import Rest
from tests.instance import Instance
from tests.tour.stage import CTHEAD, STRANGER, say

expect.set_options(timeout=15_000)  # a first page on a busy machine takes its time
FINDING = "Tension pneumothorax"


@contextmanager
def seated(chromium: Browser, radflow: Instance, username: str) -> Iterator[Page]:
    """Signed in by typing; a press of the mouse fails the test."""
    context = chromium.new_context(
        base_url=radflow.url, viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    expect(page.locator("input[name=username]")).to_be_focused()
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type("radflow-demo")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda where: "login" not in where)
    yield page
    context.close()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def go(page: Page, letter: str, where: str) -> None:
    with page.expect_navigation(url=where):  # even when it is there already
        press(page, "g", letter)


def tab_to(page: Page, target: Locator, most: int = 120) -> None:
    """Tab after Tab until it has the focus."""
    target.wait_for()
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("each => each === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {target}")


def press_on(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def look_for(page: Page, text: str) -> None:
    """`/` and the words, in the page's own search field."""
    field = page.locator("main [data-search]")
    field.wait_for()
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def move_to(page: Page, text: str) -> None:
    """Down the rows until the one with this text is chosen."""
    row = page.locator("[data-row]", has_text=text).first
    row.wait_for()
    for _ in range(60):
        page.keyboard.press("j")
        if row.get_attribute("data-cursor") is not None:
            return
    raise AssertionError(f"j does not reach {text}")


def test_a_technologist_checks_begins_and_ends(
    radflow: Instance, chromium: Browser
) -> None:
    with seated(chromium, radflow, "tech") as page:
        press_on(page, page.get_by_role("link", name="US 1 US at US1_AE"))
        expect(page.locator(".next-name")).to_contain_text("Tanaka")
        press(page, "b")
        expected = page.locator(".gate-t .id")
        mrn, accession = (expected.nth(at).inner_text() for at in (0, 1))
        press_on(page, page.get_by_role("button", name="type identifiers"))
        expect(page.locator("#gate-wristband")).to_be_focused()
        page.keyboard.type(mrn)
        press(page, "Tab")
        page.keyboard.type(accession)
        press(page, "Enter")
        expect(page.locator(".gate-band")).to_contain_text("Barcodes match")
        born = page.locator("tr", has_text="Birth date").locator("td").first
        expect(page.get_by_label("Name said")).to_be_focused()
        press(page, "Space", "Tab")
        page.keyboard.type(born.inner_text(), delay=90)  # no scanner is so slow
        press(page, "Enter")
        expect(page.locator(".gate-band")).to_contain_text("Right patient")
        press(page, "Enter")  # a scanner's, or of a hurried person: presses nothing
        start = page.get_by_role("button", name="Start exam")
        with page.expect_navigation():  # the list behind the gate hears of it before
            press_on(page, start)
        expect(page.locator(".station")).to_contain_text("On the table")
        press(page, "e")
        expect(page.locator("#task [type=submit]")).to_be_focused()
        press(page, "Enter")
        expect(page.locator(".station")).not_to_contain_text("On the table")


def test_a_radiologist_reads_and_signs(radflow: Instance, chromium: Browser) -> None:
    with seated(chromium, radflow, "rad") as page:
        go(page, "r", "**/reading/")
        page.locator("[data-row]").nth(1).wait_for()
        press(page, "j", "j", "k", "Enter")
        page.wait_for_url("**/reading/*/")
        tab_to(page, page.get_by_label("Findings", exact=True))
        page.keyboard.type("Pleural line, mediastinal shift.")
        tab_to(page, page.get_by_label("Impression", exact=True))
        page.keyboard.type(f"{FINDING}.")
        press(page, "Control+Enter")
        expect(page.locator("main")).to_contain_text("Preliminary")
        press_on(page, page.get_by_role("button", name="Review and sign"))
        press_on(page, page.get_by_label("The findings are critical"), "Space")
        tab_to(page, page.get_by_label("Finding", exact=True))
        page.keyboard.type(FINDING)
        press(page, "Control+Enter")  # says preliminary, never final
        expect(page.locator("#sign-sheet")).to_be_visible()
        press(page, "Control+Shift+Enter")
        expect(page.get_by_text("Signed final and sent.")).to_be_visible()


def test_a_referrer_acknowledges(radflow: Instance, chromium: Browser) -> None:
    with seated(chromium, radflow, "referrer") as page:
        go(page, "c", "**/critical/")
        move_to(page, FINDING)
        press(page, "Enter")
        page.wait_for_url("**/acknowledge/")
        tab_to(page, page.get_by_label("Spoken to"))
        page.keyboard.type("Dr Sam Fox")
        press_on(page, page.get_by_label("They repeated"), "Space")
        press(page, "Control+Enter")
        expect(page.get_by_text("is acknowledged.")).to_be_visible()


def test_a_coordinator_books_moves_and_cancels(
    radflow: Instance, chromium: Browser
) -> None:
    with seated(chromium, radflow, "coord") as page:
        go(page, "b", "**/board/")
        look_for(page, "26-000059")
        row = page.locator("[data-row]", has_text="26-000059")
        press_on(page, row.get_by_role("link", name="Schedule exam"))
        press_on(page, page.locator("#task").get_by_role("button", name="Book"))
        expect(row).to_contain_text("Scheduled")
        press_on(page, row.get_by_role("link", name="Move exam"))
        tab_to(page, page.locator("#task").get_by_label("Time"))
        booked = row.locator(".slot").inner_text()
        press(page, "ArrowUp", "Enter")
        expect(row.locator(".slot")).not_to_have_text(booked)
        press(page, "j", "Enter")
        page.wait_for_url("**/orders/*/")
        press_on(page, page.get_by_role("button", name="More actions"))
        press_on(page, page.get_by_role("link", name="Cancel the order"))
        tab_to(page, page.get_by_label("Reason"))
        page.keyboard.type("Ordered twice")
        press_on(page, page.get_by_role("button", name="Cancel order"))
        expect(page.get_by_text("Order cancelled.")).to_be_visible()


def test_an_interface_admin_reads_notes_and_tries(
    radflow: Instance, chromium: Browser, rest: Rest
) -> None:
    say(radflow, rest, "NW", "KEYS", STRANGER, CTHEAD)
    with seated(chromium, radflow, "pacs") as page:
        look_for(page, "TOUR-KEYS")
        page.wait_for_url("**find=TOUR-KEYS**")
        press(page, "Escape", "j", "Enter")
        viewer = page.locator("#viewer")
        for tab in ("Raw", "History"):
            press_on(page, viewer.get_by_role("link", name=tab))
            chosen = viewer.locator("[aria-current=page]", has_text=tab)
            expect(chosen).to_be_visible()
        press_on(page, page.get_by_role("link", name="Exceptions").first)
        item = page.locator(".desk-item", has_text="PATIENT_MISMATCH").first
        tab_to(page, item.get_by_label("Comment on"))
        page.keyboard.type("Asked the ward")
        press(page, "Enter")
        expect(page.locator(".desk-comment").first).to_contain_text("Asked the ward")
        press_on(page, item.get_by_role("link", name="Try and replay"))
        page.wait_for_url("**/dry-run/")
