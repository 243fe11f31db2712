"""Every page of the tour: axe, sideways scrolling, motion, and focus in view."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.people import axe_violations
from tests.instance import Instance
from tests.tour.stage import stage
from tests.tour.stops import STOPS, Stop
from tests.tour.walk import THEMES, WIDTHS, Walk, look

ZOOMED = 640  # what 1280 pixels hold at 200 %
# Of a theme only colours differ, so the second theme is asked for contrast alone.
CONTRAST = ["color-contrast"]
MOVES = """() => document.getAnimations().filter(
  each => each.effect.getComputedTiming().activeDuration > 10
).map(each => `${each.animationName ?? each.transitionProperty} of ${
  each.effect.target.className}`)"""
# Focused elements that something stuck to the page's edge covers (WCAG 2.4.11).
HIDDEN = """() => {
  const box = document.activeElement.getBoundingClientRect();
  if (document.activeElement === document.body || !box.width) return null;
  const points = [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]];
  const seen = points.some(([x, y]) => {
    const at = document.elementFromPoint(
      box.left + box.width * x, box.top + box.height * y);
    return at && (document.activeElement.contains(at) || at.contains(
      document.activeElement) || at.closest("label")?.control ===
      document.activeElement);
  });
  return seen ? null : document.activeElement.outerHTML.slice(0, 120);
}"""


@pytest.fixture(scope="module")
def walk(radflow: Instance, chromium: Browser) -> Iterator[Walk]:
    stage(radflow, chromium)
    walk = Walk(radflow, chromium)
    yield walk
    walk.close()


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.name)
def test_it_meets_wcag_and_fits(walk: Walk, stop: Stop) -> None:
    with walk.open(stop) as page:
        for width in WIDTHS:
            look(page, THEMES[0], width)
            assert _overhang(page) <= 0, f"{width} pixels"
            assert axe_violations(page) == [], f"{THEMES[0]}, {width}"
            look(page, THEMES[1], width)
            assert axe_violations(page, CONTRAST) == [], f"{THEMES[1]}, {width}"
        look(page, THEMES[0], ZOOMED)
        assert _overhang(page) <= 0, "200 % zoom"


def _overhang(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("name", ["board-palette", "station", "messages", "login"])
def test_nothing_moves_for_who_wants_no_motion(walk: Walk, name: str) -> None:
    stop = next(each for each in STOPS if each.name == name)
    with walk.open(stop, motion=False) as page:
        for _ in range(8):
            page.keyboard.press("Tab")
            assert page.evaluate(MOVES) == []


@pytest.mark.parametrize("name", ["board", "order", "report-written", "exceptions"])
def test_bars_at_the_edges_never_hide_what_has_the_focus(walk: Walk, name: str) -> None:
    stop = next(each for each in STOPS if each.name == name)
    with walk.open(stop) as page:
        for width in WIDTHS:
            look(page, THEMES[0], width)
            page.locator("#main").focus()
            for _ in range(40):
                page.keyboard.press("Tab")
                assert page.evaluate(HIDDEN) is None, width
