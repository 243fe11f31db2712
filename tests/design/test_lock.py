from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.design.site import Site

FORM = '<input id="note" name="note" aria-label="Note" value="">'
READING = f'<form data-autosave-url="/draft/">{FORM}</form>'


@pytest.fixture
def desk(page: Page, site: Site) -> Page:
    page.clock.install()
    page.goto(site.page(FORM))
    page.get_by_label("Note").fill("left hip")
    return page


def test_two_minutes_before_the_lock_the_page_says_so(desk: Page) -> None:
    desk.clock.run_for("13:05")
    expect(desk.get_by_role("alertdialog")).to_contain_text("1:5")
    desk.get_by_role("button", name="Stay").click()
    desk.clock.run_for("00:02")
    expect(desk.get_by_role("alertdialog")).to_be_hidden()


def test_an_unattended_page_locks_and_opens_with_what_was_typed(
    desk: Page, site: Site
) -> None:
    site.answer("/accounts/unlock/", '{"csrf": "fresh"}', type="application/json")
    desk.clock.run_for("15:02")
    expect(desk.get_by_role("dialog", name="Locked")).to_be_visible()
    expect(desk.locator("#note")).not_to_be_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog", name="Locked")).to_be_visible()
    desk.get_by_label("Password of Priya Raman").fill("secret")
    desk.keyboard.press("Enter")
    expect(desk.get_by_label("Note")).to_have_value("left hip")
    expect(desk.locator("#lock")).to_be_hidden()
    assert desk.locator('meta[name="csrf-token"]').get_attribute("content") == "fresh"


def test_a_refused_password_says_why(desk: Page, site: Site) -> None:
    refusal = '{"error": "This password is wrong."}'
    site.answer("/accounts/unlock/", refusal, status=400, type="application/json")
    desk.locator(".usermenu").click()
    desk.get_by_role("button", name="Lock this desk").click()
    desk.get_by_label("Password of Priya Raman").fill("wrong")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("alert")).to_contain_text(["This password is wrong."])
    expect(desk.locator("#note")).not_to_be_visible()


def test_a_report_in_the_editor_waits_longer(page: Page, site: Site) -> None:
    page.clock.install()
    page.goto(site.page(READING))
    page.clock.run_for("50:00")
    expect(page.locator("#lock")).to_be_hidden()
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    page.clock.run_for("10:02")
    expect(page.locator("#lock")).to_be_visible()


def test_who_works_is_told_to_the_server(desk: Page) -> None:
    with desk.expect_request("**/accounts/stay/"):
        desk.clock.run_for("00:40")
