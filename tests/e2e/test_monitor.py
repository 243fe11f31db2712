"""The interface monitor in the browser: filter, select, keys, reveal, examples."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.people import axe_violations, signed_in
from tests.instance import Instance

FIRST = "/messages/examples/?show=01_oml_o21_new_order"


def send_example(page: Page) -> str:
    """The control ID under which the first example came in."""
    page.goto(FIRST)
    page.get_by_role("button", name="Send to this instance").click()
    expect(page.get_by_text("Answered AA")).to_be_visible()
    return page.url.rpartition("sent=")[2]


def test_an_example_is_sent_found_opened_and_revealed(
    radflow: Instance, chromium: Browser
) -> None:
    with signed_in(chromium, radflow.url, "pacs") as page:
        control_id = send_example(page)
        page.goto("/messages/")
        page.keyboard.press("/")
        expect(page.locator("main [data-search]")).to_be_focused()
        page.keyboard.type(control_id)
        page.keyboard.press("Enter")
        rows = page.locator(".msgs-l [data-row]")
        expect(rows).to_have_count(1)
        page.locator("#main").focus()
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        viewer = page.locator("#viewer")
        expect(viewer.locator("[data-message]")).to_be_visible()
        viewer.get_by_role("link", name="Raw").click()
        expect(viewer.locator(".hl7-lines")).to_contain_text("PID|1|")
        expect(viewer).not_to_contain_text("Okafor")
        assert "show=in-" in page.url
        viewer.get_by_role("button", name="Reveal, audited").click()
        expect(viewer.locator(".hl7-lines")).to_contain_text("Okafor")
        page.goto("/messages/")
        page.get_by_text("No message chosen").wait_for()


def test_a_field_explains_itself_by_keyboard(
    radflow: Instance, chromium: Browser
) -> None:
    with signed_in(chromium, radflow.url, "pacs") as page:
        page.goto(FIRST)
        page.locator('[data-path="ORC-2"]').focus()
        expect(page.locator("[data-help]")).to_contain_text("Placer order number")
        page.locator("summary", has_text="MSH").press("Enter")
        page.locator('[data-path="MSH-10"]').focus()
        expect(page.locator("[data-help]")).to_contain_text("control ID")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_the_monitor_has_a_violation_or_scrolls_sideways(
    radflow: Instance, chromium: Browser, width: int, dark: bool
) -> None:
    with signed_in(chromium, radflow.url, "pacs", width=width, dark=dark) as page:
        send_example(page)
        page.get_by_role("link", name="See it as").click()
        shown = page.url
        reference = "in-" + shown.rstrip("/").rpartition("/")[2]
        tabs = ("raw", "mapped", "ack", "history", "conformance", "difference")
        paths = [f"/messages/?show={reference}", FIRST, shown]
        for path in [*paths, *(f"{shown}?tab={tab}" for tab in tabs)]:
            page.goto(path)
            assert axe_violations(page) == [], path
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, path
