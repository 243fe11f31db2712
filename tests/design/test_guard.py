"""What was typed and not sent is not left by mistake."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.design.site import Site

FORM = """
<form id="note-form" data-guard{more} method="post" action="/sent/">
  <input name="note" aria-label="Note" value="">
  <select name="why" aria-label="Why"><option>a</option><option>b</option></select>
  <button>Send</button>
</form>
<a href="/elsewhere/">Away</a> <a href="/page/#note-form">Up</a>
<a href="/elsewhere/" data-unguarded>Theirs</a>
<form method="post" action="/other/"><button>Other</button></form>
<form role="search"><input name="q" aria-label="Search"></form>"""
DIALOG = """
<button type="button" data-opens="task">Open</button>
<dialog class="dialog" id="task" aria-label="Task">
  <form data-guard><input name="note" aria-label="Note"></form>
  <button type="button" data-closes>Cancel</button>
</dialog>"""


@pytest.fixture
def desk(page: Page, site: Site) -> Page:
    for address in ("/elsewhere/", "/sent/", "/other/"):
        site.answer(address, f"<title>{address}</title>")
    page.goto(site.page(FORM.replace("{more}", "")))
    return page


def _asks(page: Page) -> None:
    expect(page.get_by_role("alertdialog", name="not saved")).to_be_visible()
    expect(page.get_by_role("button", name="Stay", exact=True).last).to_be_focused()


def test_a_link_asks_and_staying_keeps_the_text(desk: Page) -> None:
    desk.get_by_label("Note").fill("left hip")
    desk.get_by_role("link", name="Away").click()
    _asks(desk)
    desk.keyboard.press("Enter")
    expect(desk.locator("#guard")).to_be_hidden()
    expect(desk.get_by_label("Note")).to_have_value("left hip")
    expect(desk.get_by_role("link", name="Away")).to_be_focused()


def test_leaving_without_saving_leaves(desk: Page) -> None:
    desk.get_by_label("Why").select_option("b")
    desk.get_by_role("link", name="Away").click()
    desk.get_by_role("button", name="Leave without saving").click()
    expect(desk).to_have_title("/elsewhere/")


def test_an_untouched_form_a_place_on_the_page_and_take_theirs_do_not_ask(
    desk: Page,
) -> None:
    desk.get_by_role("textbox", name="Search", exact=True).fill(
        "Okafor"
    )  # a filter is nothing to lose
    desk.get_by_role("link", name="Up").click()
    expect(desk.locator("#guard")).to_be_hidden()
    desk.get_by_label("Note").fill("left hip")
    desk.get_by_role("link", name="Up").click()
    expect(desk.locator("#guard")).to_be_hidden()
    desk.get_by_role("link", name="Theirs").click()
    expect(desk.locator("#guard")).to_be_hidden()


def test_sending_it_asks_nothing(desk: Page, site: Site) -> None:
    desk.get_by_label("Note").fill("left hip")
    desk.get_by_role("button", name="Send").click()
    expect(desk).to_have_title("/sent/")
    assert site.posted[-1]["note"] == ["left hip"]


def test_sending_another_form_asks_first(desk: Page) -> None:
    desk.get_by_label("Note").fill("left hip")
    desk.get_by_role("button", name="Other").click()
    _asks(desk)
    desk.get_by_role("button", name="Leave without saving").click()
    expect(desk).to_have_title("/other/")


def test_the_browser_asks_where_the_page_cannot(desk: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    desk.on("dialog", stay)
    desk.get_by_label("Note").fill("left hip")
    desk.evaluate("location.assign('/elsewhere/')")
    expect(desk.get_by_label("Note")).to_have_value("left hip")
    desk.wait_for_function("true")
    assert asked == ["beforeunload"]


def test_a_form_that_came_back_refused_is_unsaved_from_the_start(
    page: Page, site: Site
) -> None:
    page.goto(site.page(FORM.replace("{more}", '="unsaved"')))
    page.get_by_role("link", name="Away").click()
    _asks(page)


def test_a_dialog_that_is_closed_asks_too(page: Page, site: Site) -> None:
    page.goto(site.page(DIALOG))
    page.get_by_role("button", name="Open").click()
    page.get_by_label("Note").fill("left hip")
    page.keyboard.press("Escape")
    _asks(page)
    page.keyboard.press("Escape")  # stays
    expect(page.locator("#task")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Leave without saving").click()
    expect(page.locator("#task")).to_be_hidden()


def test_the_lock_lies_over_it_and_its_form_is_no_way_out(
    desk: Page, site: Site
) -> None:
    site.answer("/accounts/unlock/", '{"csrf": "fresh"}', type="application/json")
    desk.get_by_label("Note").fill("left hip")
    desk.get_by_role("link", name="Away").click()
    _asks(desk)
    desk.evaluate(
        """() => document.dispatchEvent(
          new CustomEvent("radflow:signed-out", { cancelable: true }),
        )"""
    )
    expect(desk.get_by_role("dialog", name="Locked")).to_be_visible()
    expect(desk.locator("#guard-h")).not_to_be_visible()
    desk.get_by_label("Password of Priya Raman").fill("secret")
    desk.keyboard.press("Enter")
    _asks(desk)
    desk.keyboard.press("Escape")
    expect(desk.get_by_label("Note")).to_have_value("left hip")


def test_following_another_window_asks_first(desk: Page) -> None:
    desk.get_by_label("Note").fill("left hip")
    desk.evaluate(
        """() => {
          const strip = document.getElementById("context-differs");
          strip.dataset.address = "/elsewhere/";
          strip.hidden = false;
        }"""
    )
    desk.get_by_role("button", name="Show that one here").click()
    _asks(desk)
    desk.get_by_role("button", name="Leave without saving").click()
    expect(desk).to_have_title("/elsewhere/")
