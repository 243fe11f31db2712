"""Going from stop to stop of a running demo, each person signed in once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, StorageState

from tests.e2e.clients import Rest
from tests.e2e.people import signed_in
from tests.instance import Instance
from tests.tour.finder import Finder
from tests.tour.stops import Stop

THEMES = ("light", "dark")
WIDTHS = (1280, 390)
HEIGHT = 900


class Walk:
    """`open` gives a stop's page in the state that it is about."""

    def __init__(self, radflow: Instance, chromium: Browser) -> None:
        self._radflow = radflow
        self._chromium = chromium
        self._states: dict[str, StorageState] = {}
        self._rest = Rest(radflow.url, "admin")
        self.finder = Finder(self._rest, self._read)

    def close(self) -> None:
        self._rest.close()

    @contextmanager
    def open(self, stop: Stop, *, motion: bool = True) -> Iterator[Page]:
        context = self._chromium.new_context(
            base_url=self._radflow.url,
            viewport={"width": WIDTHS[0], "height": HEIGHT},
            color_scheme="light",
            reduced_motion="no-preference" if motion else "reduce",
            storage_state=self._state(stop.user),
            bypass_csp=True,  # for axe alone: the product allows no injection
        )
        page = context.new_page()
        answer = page.goto(stop.path.format_map(self.finder))
        assert answer is not None
        assert stop.is_refusal or answer.ok, f"{stop.name}: {answer.status}"
        if stop.act:
            stop.act(page, self.finder)
        page.wait_for_load_state("networkidle")
        yield page
        context.close()

    def _state(self, user: str) -> StorageState | None:
        """The cookies of who signed in once; a demo counts its sign-ins."""
        if user and user not in self._states:
            with signed_in(self._chromium, self._radflow.url, user) as page:
                self._states[user] = page.context.storage_state()
        return self._states.get(user)

    def _read(self, address: str) -> str:
        context = self._chromium.new_context(
            base_url=self._radflow.url, storage_state=self._state("admin")
        )
        text = context.request.get(address).text()
        context.close()
        return text


def look(page: Page, theme: str, width: int) -> None:
    """The page in this theme and width, as it stands."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
