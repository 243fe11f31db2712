"""Going from stop to stop of a running demo, each person signed in once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.clients import Rest
from tests.e2e.people import sign_in
from tests.instance import Instance
from tests.tour.finder import Finder
from tests.tour.stops import Stop

THEMES = ("light", "dark")
WIDTHS = (1280, 390)
HEIGHT = 900
# The socket answers and no fragment is on its way. "networkidle" will not do: a request
# that typing overtakes, as the palette's, can leave the browser's count above nothing.
SETTLED = """() => document.fonts.status === "loaded"
  && !document.querySelector(".htmx-request")
  && document.getElementById("live")?.dataset.state !== "connecting"
"""


class Walk:
    """`open` gives a stop's page in the state that it is about."""

    def __init__(self, radflow: Instance, chromium: Browser) -> None:
        self._radflow = radflow
        self._chromium = chromium
        self._contexts: dict[tuple[str, bool], BrowserContext] = {}
        self._rest = Rest(radflow.url, "admin")
        self.finder = Finder(self._rest, self._read)

    def close(self) -> None:
        self._rest.close()
        for context in self._contexts.values():
            context.close()

    @contextmanager
    def open(self, stop: Stop, *, motion: bool = True) -> Iterator[Page]:
        page = self._context(stop.user, motion).new_page()
        page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
        answer = page.goto(stop.path.format_map(self.finder))
        assert answer is not None
        assert stop.is_refusal or answer.ok, f"{stop.name}: {answer.status}"
        if stop.act:
            stop.act(page, self.finder)
        page.wait_for_function(SETTLED)
        yield page
        page.close()

    def _context(self, user: str, motion: bool) -> BrowserContext:
        """One for each person, signed in once, so that files are loaded once too."""
        if (user, motion) not in self._contexts:
            context = self._chromium.new_context(
                base_url=self._radflow.url,
                color_scheme="light",
                reduced_motion="no-preference" if motion else "reduce",
                bypass_csp=True,  # for axe alone: the product allows no injection
            )
            self._contexts[user, motion] = context
            if user:
                sign_in(context, user)
        return self._contexts[user, motion]

    def _read(self, address: str) -> str:
        return self._context("admin", True).request.get(address).text()


def look(page: Page, theme: str, width: int) -> None:
    """The page in this theme and width, as it stands."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
