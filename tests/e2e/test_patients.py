"""Patients and sources of values in the browser: find, point, read, decide."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.e2e.people import axe_violations, signed_in
from tests.instance import Instance


def find_ferreira(page: Page) -> str:
    """The address of the patient that the demo merged two records into."""
    page.goto("/patients/")
    page.get_by_label("Family name").fill("Ferr")
    page.get_by_label("Birth date").fill("1968-04-17")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Ferreira").click()
    page.wait_for_url("**/patients/*/")
    return page.url


def point_at(page: Page, button: Locator, panel: Locator) -> None:
    """Again where a strip above pushed the button from under the pointer."""
    for _ in range(10):
        page.mouse.move(5, 5)
        button.hover()
        try:
            panel.wait_for(timeout=2_000)
            return
        except PlaywrightTimeout:
            continue
    raise AssertionError("pointing opens no panel")


def below(button: Locator, panel: Locator) -> tuple[float, float]:
    """Where the panel stands from its button, in CSS pixels: right and down."""
    boxes = [each.bounding_box() for each in (button, panel)]
    assert boxes[0] and boxes[1]
    return boxes[1]["x"] - boxes[0]["x"], boxes[1]["y"] - boxes[0]["y"]


def test_a_source_opens_by_pointing_by_key_and_by_press(
    radflow: Instance, chromium: Browser
) -> None:
    with signed_in(chromium, radflow.url, "coord") as page:
        find_ferreira(page)
        button = page.get_by_role("button", name="Source of Name")
        panel = page.locator("#src-patient-family_name")
        point_at(page, button, panel)
        page.mouse.move(5, 5)
        expect(panel).to_be_hidden()
        button.click()
        page.mouse.move(5, 5)
        expect(panel).to_be_visible()
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        page.get_by_role("link", name="New order").focus()
        while not button.evaluate("each => each === document.activeElement"):
            page.keyboard.press("Tab")
        expect(panel).to_be_visible()
        expect(panel).to_contain_text("Ferreira")


def test_an_open_source_stays_where_it_is_when_the_page_refreshes(
    radflow: Instance, chromium: Browser
) -> None:
    with signed_in(chromium, radflow.url, "coord") as page:
        find_ferreira(page)
        button = page.get_by_role("button", name="Source of Born")
        button.click()
        panel = page.locator("#src-patient-birth_date")
        before = below(button, panel)
        with page.expect_response("**/live/"):
            page.evaluate(
                "import('/static/js/live.js').then(live => live.refresh("
                "document.querySelector('[data-live-url*=patients]')))"
            )
        expect(panel).to_be_visible()
        assert below(button, panel) == before


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_patients_has_a_violation_or_scrolls_sideways(
    radflow: Instance, chromium: Browser, width: int, dark: bool
) -> None:
    with signed_in(chromium, radflow.url, "coord", width=width, dark=dark) as page:
        paths: list[str | None] = [find_ferreira(page)]
        paths.append(page.get_by_role("link", name="Take back").get_attribute("href"))
        orders = page.locator("table a[href^='/orders/']")
        paths.append(orders.first.get_attribute("href"))
        page.goto("/patients/duplicates/")
        pair = page.get_by_role("link", name="Compare").first
        paths += [pair.get_attribute("href"), "/patients/duplicates/", "/patients/"]
        for path in paths:
            assert path
            page.goto(path)
            assert axe_violations(page) == [], path
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, path
