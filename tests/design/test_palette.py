from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.design.site import Site
from tests.design.test_forms import WEDGE

FOUND = (
    '<li role="presentation"><a class="hit" id="hit-o7" role="option"'
    ' aria-selected="false" tabindex="-1" href="/orders/7/">26-000007</a></li>'
)


def _open(page: Page, site: Site) -> None:
    site.answer("/search/", FOUND)
    site.answer("/search/scan/", '{"url": "/orders/7/"}', type="application/json")
    site.answer("/orders/7/", "<title>Order</title>")
    page.goto(site.page("<p tabindex='0' id='rest'>At rest</p>"))


def test_the_palette_goes_to_a_page_by_its_name(page: Page, site: Site) -> None:
    _open(page, site)
    page.keyboard.press("Control+k")
    page.keyboard.type("boa")
    chosen = page.locator("#palette [aria-selected=true]:visible")
    expect(chosen).to_contain_text("Board")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/")


def test_the_palette_leads_to_what_the_server_found(page: Page, site: Site) -> None:
    _open(page, site)
    page.keyboard.press("Control+k")
    page.keyboard.type("0007")
    expect(page.locator("#palette [aria-busy=true]")).to_have_count(0)
    expect(page.locator("#hit-o7")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/7/")
    assert site.posted[-1] == {"q": ["0007"]}


def test_an_act_is_done_from_the_palette(page: Page, site: Site) -> None:
    _open(page, site)
    page.keyboard.press("Control+k")
    page.keyboard.type("dark th")
    with page.expect_response("**/preferences/"):
        page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_scan_anywhere_leads_to_what_it_names(page: Page, site: Site) -> None:
    _open(page, site)
    page.locator("#rest").focus()
    page.evaluate(WEDGE, "26-00?g7b")  # keys that would mean something by hand
    page.wait_for_url("**/orders/7/")
    assert site.posted[-1] == {"q": ["26-00?g7b"]}
    assert page.locator("#keymap").is_hidden()
