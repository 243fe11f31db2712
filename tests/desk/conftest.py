from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.design.conftest import SWITCHES


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Its driver keeps an event loop in this thread; the tests' own queries, and those
    that clear the database between them, are fine beside it."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=SWITCHES
        )
        yield started
        started.close()


@pytest.fixture
def window(chromium: Browser, live_server: Any) -> Iterator[Page]:
    """A desk at the real pages, without what comes by itself: socket and alerts."""
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 860}
    )
    page = context.new_page()
    page.route_web_socket("**/ws/live/**", lambda socket: None)
    page.route("**/critical/alerts/", lambda route: route.fulfill(body=""))
    yield page
    # No request may still be on its way when the database goes.
    page.wait_for_load_state("networkidle")
    context.close()
