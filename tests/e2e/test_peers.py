"""A peer kept in the browser: by keyboard, in each theme and width, no restart."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.people import axe_violations, signed_in
from tests.instance import Instance


def open_peer(page: Page, name: str) -> None:
    page.goto("/messages/peers/")
    # The table of the ports, below, names the peer of each too.
    peers = page.locator(".peers-t").first
    peers.get_by_role("link", name=name, exact=True).click()


def test_a_peer_is_added_changed_and_rolled_back_by_keyboard(
    radflow: Instance, chromium: Browser
) -> None:
    with signed_in(chromium, radflow.url, "pacs") as page:
        page.goto("/messages/peers/add/")
        page.get_by_label("Name", exact=True).focus()
        page.keyboard.type("Northgate HIS")
        page.keyboard.press("Tab")
        page.keyboard.type("NGHIS")
        page.keyboard.press("Enter")
        expect(page.locator(".peers-t").first).to_contain_text("Northgate HIS")
        open_peer(page, "Northgate HIS")
        page.get_by_label("Accession number").focus()
        page.keyboard.type("OBR-19.1")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Revision 2 of Northgate HIS").click()
        expect(page.locator("ins").first).to_have_text("OBR-19.1")
        page.get_by_role("button", name="Roll back to 1").press("Enter")
        expect(page.locator(".order-head")).to_contain_text("Revision 3")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_the_peers_has_a_violation_or_scrolls_sideways(
    radflow: Instance, chromium: Browser, width: int, dark: bool
) -> None:
    with signed_in(chromium, radflow.url, "pacs", width=width, dark=dark) as page:
        page.goto("/messages/peers/")
        address = page.locator(".peers-t tbody th a").first.get_attribute("href")
        assert address is not None
        listeners = "/messages/listeners/add/"
        for path in ("", "operate/", "history/", "../", "../add/", listeners):
            page.goto(path if path.startswith("/") else f"{address}{path}")
            assert axe_violations(page) == [], path
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, path
        page.goto(address)
        page.fill("#id_map_accession", "OBR")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#id_map_accession_error")).to_be_visible()
        assert axe_violations(page) == []
