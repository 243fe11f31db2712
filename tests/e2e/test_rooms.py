"""Two coordinators at the room board of one running radflow, over the real socket."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.e2e.people import signed_in
from tests.instance import Instance


def test_who_holds_an_exam_is_seen_by_the_other_until_it_is_let_go(
    radflow: Instance, chromium: Browser
) -> None:
    with (
        signed_in(chromium, radflow.url, "coord") as mine,
        signed_in(chromium, radflow.url, "admin") as theirs,
    ):
        for page in (mine, theirs):
            page.goto("/schedule/?hours=all")
            expect(page.locator("#live")).to_have_attribute("data-state", "live")
        block = theirs.locator(".ev[data-movable]").first
        same = mine.locator(f".ev[data-order='{block.get_attribute('data-order')}']")
        block.locator("a").focus()
        theirs.keyboard.press("m")
        # A key that follows at once is a scanner's: the letter before it does nothing.
        expect(theirs.locator("[data-moving]")).to_have_count(1)
        theirs.keyboard.press("ArrowDown")
        expect(same).to_have_attribute("data-held", "Held by Jo Lindqvist")
        expect(mine.locator(".grasped")).to_have_text("Held by Jo Lindqvist")
        theirs.keyboard.press("Escape")
        expect(mine.locator(".grasped")).to_have_count(0)
        assert same.get_attribute("data-held") is None
