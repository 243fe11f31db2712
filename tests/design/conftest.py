from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Page, sync_playwright

from tests.design.site import Site, start

SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=SWITCHES
        )
        yield chromium
        chromium.close()


@pytest.fixture
def site() -> Iterator[Site]:
    built = Site()
    server = start(built)
    with override_settings(ROOT_URLCONF="tests.design.addresses"):
        yield built
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A desk of 1280 pixels; an error in the console fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda line: _keep(errors, line.type, line.text))
    opened.route_web_socket("**/ws/live/**", lambda socket: None)
    yield opened
    context.close()
    assert errors == []


def _keep(errors: list[str], kind: str, text: str) -> None:
    if kind == "error" and "status of 4" not in text:
        errors.append(text)
