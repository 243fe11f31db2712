"""People at their browsers, doing what the pages offer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

AXE = next((Path(__file__).parents[1] / "vendor").rglob("axe.min.js"))
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@contextmanager
def signed_in(
    chromium: Browser, url: str, username: str, *, width: int = 1280, dark: bool = False
) -> Iterator[Page]:
    """A page of this demo user, in a browser context of its own."""
    context = chromium.new_context(
        base_url=url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        bypass_csp=True,  # for axe alone: the product's policy allows no injection
    )
    yield sign_in(context, username)
    context.close()


def sign_in(context: BrowserContext, username: str) -> Page:
    """A new page of this context, where the demo user has signed in."""
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", "radflow-demo")
    page.click("button:has-text('Sign in')")
    page.wait_for_url(lambda where: "login" not in where)
    return page


def answer_safety(page: Page) -> None:
    """At the gate, where questions are asked: nothing that stops the exam."""
    page.locator(".gate-band:is([data-state=safety], [data-state=ready])").wait_for()
    if not page.locator(".gate-band[data-state=safety]").count():
        return
    for question in page.locator(".ask").all():
        number = question.locator("input.num")
        if number.count():
            number.fill("75")
        else:
            question.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Keep the answers").click()
    page.locator(".gate-band[data-state=ready]").wait_for()


def axe_violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds on the page as it stands; only these rules, if given."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    only = (
        {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    )
    found = page.evaluate(
        "runOnly => axe.run(document, {runOnly, preload: false, "
        "resultTypes: ['violations']}).then(r => r.violations.map("
        "v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', ')))",
        only,
    )
    return list(found)
