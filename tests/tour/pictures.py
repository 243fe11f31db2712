"""How a stop becomes its pictures, small enough to be kept beside the source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.e2e.clients import Hospital
from tests.instance import Instance
from tests.tour.palette import reduced
from tests.tour.stage import stage
from tests.tour.stops import STOPS
from tests.tour.walk import THEMES, WIDTHS, Walk, look

MOST_HEIGHT = 2400
LOOKS = [(theme, width) for width in WIDTHS for theme in THEMES]
# What the README shows: a stop's name and theme, as a desk of 900 pixels sees it.
README = {
    "board": ("board", "light"),
    "gate": ("gate-mismatch", "light"),
    "report": ("report-written", "light"),
    "critical": ("critical-radiologist", "dark"),
    "order": ("order", "light"),
}


def take_all(
    radflow: Instance, browser: Browser, folder: Path, only: str
) -> Sequence[str]:
    """Every stop whose name begins with `only`; returns their names."""
    hospital = Hospital(radflow.receiver_port)
    hospital.start()
    stage(radflow, browser)
    walk = Walk(radflow, browser)
    blank = browser.new_page()
    taken = [stop for stop in STOPS if stop.name.startswith(only)]
    for stop in taken:
        with walk.open(stop) as page:
            for name, picture in _pictures(page, stop.name):
                (folder / f"{name}.png").write_bytes(reduced(blank, picture))
    walk.close()
    hospital.stop()
    return [stop.name for stop in taken]


def _pictures(page: Page, name: str) -> Iterator[tuple[str, bytes]]:
    for theme, width in LOOKS:
        look(page, theme, width)
        for shown, wanted in README.items():
            if (name, theme, width) == (*wanted, WIDTHS[0]):
                yield shown, page.screenshot(animations="disabled")
        _stretch(page, width)
        yield f"{name}-{theme}-{width}", page.screenshot(animations="disabled")


def _stretch(page: Page, width: int) -> None:
    """As high as the page is, so that bars stay at its edges; not under a dialog."""
    if page.locator("dialog[open], [popover]:popover-open").count():
        return
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": min(height, MOST_HEIGHT)})


def index_of(names: Sequence[str]) -> str:
    """The list of the pictures, as a page of Markdown."""
    heads = [f"{theme}, {width}" for theme, width in LOOKS]
    lines = [
        "# Every page in pictures",
        "",
        "Written by `make screenshots` from the demo; `tests/tour/stops.py` has the "
        "list.",
        "",
        f"| Page | {' | '.join(heads)} |",
        f"|---|{'---|' * len(heads)}",
    ]
    for name in names:
        links = [f"[picture]({name}-{t}-{w}.png)" for t, w in LOOKS]
        lines.append(f"| {name} | {' | '.join(links)} |")
    return "\n".join(lines) + "\n"
