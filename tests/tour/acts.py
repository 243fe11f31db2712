"""How a page gets into the state that is to be seen: what a person does there."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.test import RequestFactory
from playwright.sync_api import Page, Route

from radflow.errors import server_error
from tests.e2e.people import answer_safety
from tests.tour.finder import Finder

Act = Callable[[Page, Finder], None]


def keys(*pressed: str, sees: str) -> Act:
    """Presses these on the page, then waits for what they open."""

    def act(page: Page, finder: Finder) -> None:
        for key in pressed:
            page.keyboard.press(key)
        page.locator(sees).wait_for()

    return act


def click(target: str, *, sees: str) -> Act:
    """The first of what this selector finds."""

    def act(page: Page, finder: Finder) -> None:
        page.locator(target).first.click()
        page.locator(sees).first.wait_for()

    return act


def palette_found(page: Page, finder: Finder) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("Patel")
    page.locator("[data-palette-found] .hit").first.wait_for()


def searched(page: Page, finder: Finder) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("Brown")
    page.locator("[data-palette-form]").evaluate("form => form.submit()")
    page.wait_for_url("**/search/")


def locked(page: Page, finder: Finder) -> None:
    """As after a quarter of an hour; the server is not told, who reads on stays in."""
    page.route("**/accounts/lock/", lambda route: route.fulfill(status=204))
    page.locator("[data-locks]").first.evaluate("each => each.click()")
    page.locator("#lock").wait_for()


def refused_login(page: Page, finder: Finder) -> None:
    page.fill("input[name=username]", "nobody")
    page.fill("input[name=password]", "wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("Not signed in.").wait_for()


def find_people(page: Page, finder: Finder) -> None:
    page.get_by_label("Family name").fill("Ferr")
    page.get_by_label("Birth date").fill("1968-04-17")
    page.get_by_role("button", name="Find").click()
    page.locator("table.people").wait_for()


def find_nobody(page: Page, finder: Finder) -> None:
    page.locator("#id_identifier").fill("99999999")
    page.get_by_role("button", name="Find").click()
    page.get_by_text("Nobody found").wait_for()


def at_scanner(room: str) -> Act:
    """Chooses the scanner of this room."""

    def act(page: Page, finder: Finder) -> None:
        page.get_by_role("link", name=room).first.click()
        page.locator(".station").wait_for()

    return act


def moving(page: Page, finder: Finder) -> None:
    """An exam on its way to another time, by keyboard."""
    page.locator(".ev[data-movable] > a").first.focus()
    page.keyboard.press("m")
    page.locator(".ghost").wait_for()
    page.keyboard.press("ArrowDown")


def checked(who: str, exam: str = "arrived") -> Act:
    """Types a wristband and the right requisition at the gate."""

    def act(page: Page, finder: Finder) -> None:
        order = finder.order(exam)
        page.get_by_role("button", name="type identifiers").click()
        page.fill("#gate-wristband", order["mrn"] if who == "right" else "00123465")
        page.fill("#gate-requisition", order["accession"])
        page.get_by_role("button", name="Check").click()
        state = "match" if who == "right" else "mismatch"
        page.locator(f".gate-band[data-state={state}]").wait_for()

    return act


def spoken(page: Page, finder: Finder) -> None:
    """Both barcodes match, and the patient says name and birth date."""
    checked("right")(page, finder)
    _says_who(page)
    answer_safety(page)


def questioned(page: Page, finder: Finder) -> None:
    """The right person is asked the safety questions; one answer stops the exam."""
    checked("right", "mr")(page, finder)
    _says_who(page)
    page.locator(".gate-band[data-state=safety]").wait_for()
    page.locator(".ask").first.get_by_label("Yes", exact=True).check()
    page.get_by_role("button", name="Keep the answers").click()
    page.locator(".ask-stop").wait_for()


def _says_who(page: Page) -> None:
    born = page.locator("tr", has_text="Birth date").locator("td").first
    page.get_by_label("Name said").check()
    page.fill("#gate-born", born.inner_text())
    side = page.locator("input[name=side]")
    if side.count():
        side.check()
    page.get_by_role("button", name="Confirm person").click()


def written(page: Page, finder: Finder) -> None:
    """A report with text in it; the next page may sign it."""
    page.fill("textarea[name='section-59776-5']", "No acute abnormality.")
    page.fill("textarea[name='section-19005-8']", "Normal examination.")


def reviewed(page: Page, finder: Finder) -> None:
    written(page, finder)
    page.get_by_role("button", name="Review and sign").click()
    page.locator("#sign-sheet").wait_for()


def overtaken(page: Page, finder: Finder) -> None:
    """Sends the form as of a version that is no longer the newest."""
    page.locator("input[name=version]").evaluate("each => { each.value = '0' }")
    page.get_by_label("Reason").fill("Ordered twice")
    page.locator("main button[type=submit]").last.click()
    page.get_by_text("Not done.").or_(
        page.locator("main [role=alert]")
    ).first.wait_for()


def sent_empty(page: Page, finder: Finder) -> None:
    """Server errors next to the fields: the browser's own checks are put aside."""
    page.locator("main form").last.evaluate(
        "form => { form.noValidate = true; form.requestSubmit() }"
    )
    page.locator(".err, [role=alert]").first.wait_for()


def tried_import(page: Page, finder: Finder) -> None:
    table = page.request.get("/catalogue/export/").text()
    changed = table.replace("CT head without contrast", "CT head, plain", 1)
    file = {"name": "catalogue.csv", "mimeType": "text/csv", "buffer": changed.encode()}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Look at it").click()
    page.locator("#would-h").wait_for()


def chosen(page: Page, finder: Finder) -> None:
    """What a replay of several would come to."""
    for box in page.locator("input[name=ids]").all()[:3]:
        box.check()
    page.get_by_role("button", name="Try and replay the chosen").click()
    page.locator("#bulk-title").wait_for()


def failing(*, away: bool) -> Act:
    """The server's answer to a failure, under the address that was asked for."""

    def act(page: Page, finder: Finder) -> None:
        def answer(route: Route) -> None:
            body = _failed(RequestFactory().post("/board/", {"time": "10:30"}), away)
            route.fulfill(status=503 if away else 500, body=body, content_type=HTML)

        page.route("**/failing/", answer)
        page.goto("/failing/")

    return act


HTML = "text/html; charset=utf-8"


def _failed(request: HttpRequest, away: bool) -> str:
    from django.db import OperationalError

    try:
        raise OperationalError if away else RuntimeError
    except (OperationalError, RuntimeError):
        return server_error(request).content.decode()
