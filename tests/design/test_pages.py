from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from radflow.design import PARTS
from tests.design.site import Site

AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const result = await axe.run({ runOnly: { type: "tag", values: tags } });
  return result.violations.map((each) => [each.id, each.nodes.map((n) => n.html)]);
}"""


def _violations(page: Page) -> Any:
    return page.evaluate(RUN)


@pytest.mark.parametrize("part", PARTS)
def test_parts_meet_wcag_in_both_themes_and_widths(
    browser: Browser, site: Site, part: str
) -> None:
    # The policy would refuse the test's own script; the other tests keep it.
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.route_web_socket("**/ws/live/**", lambda socket: None)
    page.goto(f"{site.url}/?part={part}")
    page.add_script_tag(path=AXE)
    for theme in ("light", "dark"):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 860})
            page.evaluate("t => document.documentElement.dataset.theme = t", theme)
            assert _violations(page) == [], f"{part}, {theme}, {width}"
    context.close()


@pytest.mark.parametrize("part", PARTS)
def test_nothing_hangs_over_the_edge_of_a_phone(
    page: Page, site: Site, part: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.url}/?part={part}")
    overhang = "document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(overhang) <= 0


def test_a_name_that_looks_like_another_is_never_cut(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/?part=board")
    cut = """() => [...document.querySelectorAll(".pt:has(.alike) a, .table .id")]
        .filter((each) => each.scrollWidth > each.clientWidth + 1).length"""
    assert page.evaluate(cut) == 0


def test_the_keyboard_walks_rows_and_opens_help(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/?part=board")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("[data-cursor]").get_attribute("id") == "sample-1"
    page.keyboard.press("?")
    expect(page.locator("#keymap")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("main [data-search]")).to_be_focused()


SIGNS = """
<script type="module" src="{% static 'js/ctrl-enter.js' %}"></script>
<textarea aria-label="Findings"></textarea><output></output>
<button type="button" data-ctrl-enter>Preliminary <kbd>Ctrl Enter</kbd></button>
<button type="button" data-ctrl-shift-enter>Final <kbd>Ctrl Shift Enter</kbd></button>
"""
COUNTS = """() => document.querySelector("main").addEventListener("click", (event) => {
  if (event.target.matches("button")) {
    document.querySelector("output").textContent += event.target.firstChild.data;
  }
})"""


def test_only_shift_signs_finally_and_the_key_list_says_so(
    page: Page, site: Site
) -> None:
    page.goto(site.page(SIGNS))
    page.evaluate(COUNTS)
    page.get_by_label("Findings").focus()
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("output")).to_have_text("Preliminary Preliminary Final")
    page.get_by_label("Findings").evaluate("field => field.blur()")
    page.keyboard.press("?")
    own = page.locator("[data-page-keys]")
    expect(own).to_have_text("Ctrl EnterPreliminaryCtrl Shift EnterFinal")


def test_the_theme_changes_at_once_and_is_kept(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/")
    page.locator(".usermenu").click()
    with page.expect_response("**/preferences/"):
        page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert site.posted == [{"theme": ["dark"]}]
