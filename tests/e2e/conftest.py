from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.clients import Hospital, Rest
from tests.instance import Instance

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(tryfirst=True)  # groups are read by a hook of the same name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file stays with one worker; the tour, the longest by far, is shared by two."""
    for number, item in enumerate(items):
        name = item.path.stem
        if name == "test_pages" and number % 2:
            name = "test_other_pages"
        item.add_marker(pytest.mark.xdist_group(name))


@pytest.fixture(scope="session")
def radflow() -> Iterator[Instance]:
    # A deadline of seconds: escalation is to be seen, not waited for.
    with Instance(RADFLOW_CRITICAL_MINUTES_1="0.2") as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def hospital(radflow: Instance) -> Iterator[Hospital]:
    """From the beginning: who does not answer is put off for up to a minute."""
    receiver = Hospital(radflow.receiver_port)
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="session")
def rest(radflow: Instance) -> Iterator[Rest]:
    """The interface administrator: orders and messages."""
    client = Rest(radflow.url, "pacs")
    yield client
    client.close()


@pytest.fixture(scope="session")
def clinic(radflow: Instance) -> Iterator[Rest]:
    """The radiologist: orders, reports and cases."""
    client = Rest(radflow.url, "rad")
    yield client
    client.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
