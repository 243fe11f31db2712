"""From the hint on the socket to the changed row on the board, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import Page, sync_playwright

CHANGES = 25
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync"]
# Before the page's own scripts: the clock starts when the hint comes off the line, and
# stops when a row has left the board.
_WATCH = """
(() => {
  window.took = [];
  let since = 0;
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", (event) => {
        if (JSON.parse(event.data).topic === "order") since ||= performance.now();
      });
    }
  };
  const isRow = (node) => node.nodeName === "TR";
  const stop = (changes) => {
    if (!since || !changes.some((one) => [...one.removedNodes].some(isRow))) return;
    window.took.push(performance.now() - since);
    since = 0;
  };
  document.addEventListener("DOMContentLoaded", () => {
    const board = document.getElementById("board");
    const all = {subtree: true, childList: true};
    if (board) new MutationObserver(stop).observe(board, all);
  });
})();
"""


def row_updates(url: str, change: Callable[[int], object]) -> list[float]:
    """Milliseconds of each of CHANGES; `change(n)` cancels one of the Bench family."""
    with sync_playwright() as playwright, ThreadPoolExecutor(1) as pool:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS
        )
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.add_init_script(_WATCH)
        _sign_in(page, url)
        page.goto(f"{url}/board/?q=Bench")
        page.wait_for_selector('#live[data-state="live"]')
        for number in range(1, CHANGES + 1):
            # Playwright has a loop of its own in this thread.
            pool.submit(change, number).result()
            page.wait_for_function("n => window.took.length >= n", arg=number)
            # As people work: the next change finds the page at rest.
            page.wait_for_timeout(300)
        took: list[float] = page.evaluate("window.took")
        browser.close()
        return took


def _sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=username]", "coord")
    page.fill("input[name=password]", "radflow-demo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/board/**")
