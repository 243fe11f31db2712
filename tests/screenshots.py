"""`make screenshots`: the pictures of the README, taken from a running demo."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.clients import Rest
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.people import signed_in
from tests.instance import Instance

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Instance() as radflow, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        rest = Rest(radflow.url, "rad")
        _board(browser, radflow.url)
        _gate(browser, radflow.url, rest)
        _report(browser, radflow.url, rest)
        _critical(browser, radflow.url)
        _order(browser, radflow.url, rest)
        rest.close()
        browser.close()


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")


def _first(rest: Rest, **wanted: str) -> int:
    return int(rest.get("orders/", **wanted)["results"][0]["id"])


def _board(browser: Browser, url: str) -> None:
    with signed_in(browser, url, "coord") as page:
        page.goto("/board/")
        _take(page, "board")


def _gate(browser: Browser, url: str, rest: Rest) -> None:
    with signed_in(browser, url, "tech") as page:
        page.goto(f"/station/gate/{_first(rest, status='arrived')}/")
        page.click("button:has-text('type identifiers')")
        page.fill("#gate-wristband", "00123465")
        page.fill("#gate-requisition", "26-000001")
        page.click("button:has-text('Check')")
        page.get_by_text("This is another patient").wait_for()
        _take(page, "gate")


def _report(browser: Browser, url: str, rest: Rest) -> None:
    unread = rest.get("orders/", status="performed", page_size=100)["results"]
    order = next(o for o in unread if o["report_status"] == "none")
    with signed_in(browser, url, "rad") as page:
        page.goto(f"/reading/{order['id']}/")
        page.fill("textarea[name='section-59776-5']", "No acute abnormality.")
        page.fill("textarea[name='section-19005-8']", "Normal examination.")
        _take(page, "report")


def _critical(browser: Browser, url: str) -> None:
    with signed_in(browser, url, "rad", dark=True) as page:
        page.goto("/critical/")
        _take(page, "critical")


def _order(browser: Browser, url: str, rest: Rest) -> None:
    case = rest.get("critical-cases/")["results"][0]
    with signed_in(browser, url, "coord") as page:
        page.goto(f"/orders/{case['order_id']}/")
        _take(page, "order")


if __name__ == "__main__":
    main()
