from __future__ import annotations

import json

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.design.site import Site

REGION = '<div id="rows" data-live="order" data-live-url="/rows/">{}</div>'


def _rows(*names: str) -> str:
    return "".join(f'<p id="{name}" data-row tabindex="0">{name}</p>' for name in names)


def _open(page: Page, site: Site, *names: str) -> WebSocketRoute:
    sockets: list[WebSocketRoute] = []
    page.route_web_socket("**/ws/live/**", lambda each: sockets.append(each))
    page.goto(site.page(REGION.format(_rows(*names))))
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    return sockets[-1]


def _hint(socket: WebSocketRoute, seq: int, topic: str = "order") -> None:
    hint = {"seq": seq, "topic": topic, "id": 1, "version": 1, "at": ""}
    socket.send(json.dumps(hint))


def test_the_socket_starts_at_the_cursor_the_page_was_made_with(
    page: Page, site: Site
) -> None:
    assert _open(page, site, "a").url.endswith("/ws/live/?after=5")


def test_a_hint_fetches_the_regions_of_its_topic(page: Page, site: Site) -> None:
    socket = _open(page, site, "a")
    site.answer("/rows/", _rows("b", "a"))
    _hint(socket, 6)
    expect(page.locator("#rows [data-row]")).to_have_text(["b", "a"])


def test_a_burst_of_hints_fetches_at_once_and_once_more(page: Page, site: Site) -> None:
    socket = _open(page, site, "a")
    site.answer("/rows/", _rows("a", "b"))
    for seq in range(6, 26):
        _hint(socket, seq)
    expect(page.locator("#rows [data-row]")).to_have_count(2)
    assert site.asked.count("/rows/") <= 2


def test_rows_somebody_holds_stay_until_asked_for(page: Page, site: Site) -> None:
    socket = _open(page, site, "a")
    page.locator("#a").focus()
    site.answer("/rows/", _rows("b", "a"))
    _hint(socket, 6)
    bar = page.get_by_role("button", name="1 row changed. Show")
    expect(bar).to_be_visible()
    expect(page.locator("#rows [data-row]")).to_have_text(["a"])
    bar.click()
    expect(page.locator("#rows [data-row]")).to_have_text(["b", "a"])
    expect(bar).to_have_count(0)


def test_a_held_row_still_shows_its_own_news(page: Page, site: Site) -> None:
    socket = _open(page, site, "a")
    page.locator("#a").focus()
    site.answer("/rows/", '<p id="a" data-row tabindex="0">a, arrived</p>')
    _hint(socket, 6)
    expect(page.locator("#a")).to_have_text("a, arrived")
    expect(page.locator("#a")).to_be_focused()


def test_a_lost_line_is_said_and_then_polled(page: Page, site: Site) -> None:
    page.clock.install()
    socket = _open(page, site, "a")
    page.route_web_socket("**/ws/live/**", lambda refused: refused.close(code=1013))
    site.answer("/rows/", _rows("a", "polled"))
    socket.close(code=1013)
    page.clock.run_for(7_000)
    expect(page.locator("#connection")).to_contain_text("Live updates lost, data as of")
    page.clock.run_for(21_000)
    expect(page.locator("#polled")).to_be_visible()
    page.clock.run_for(40_000)
    expect(page.locator("html")).to_have_attribute("data-stale", "")


def test_the_patient_stays_in_view_below_a_strip(page: Page, site: Site) -> None:
    banner = '<section class="banner">DOE, Jane</section><div id="long">'
    page.goto(site.page(banner + "<p>line</p>" * 200 + "</div>"))
    page.mouse.wheel(0, 1500)
    page.wait_for_function("scrollY > 1000")
    # Shown anew each time: while the line is up, the page hides it twice a second.
    stands_clear = """() => {
      const strip = document.getElementById("connection");
      strip.hidden = false;
      const patient = document.querySelector(".banner").getBoundingClientRect();
      return strip.getBoundingClientRect().bottom - patient.top <= 1;
    }"""
    page.wait_for_function(stands_clear)


def test_a_session_that_ended_asks_for_the_password_over_the_page(
    page: Page, site: Site
) -> None:
    socket = _open(page, site, "a")
    socket.close(code=4401)
    expect(page.get_by_role("dialog", name="Locked")).to_be_visible()
    assert page.url.endswith("/page/")


def test_a_new_critical_alert_is_announced(page: Page, site: Site) -> None:
    socket = _open(page, site, "a")
    site.answer("/critical/alerts/", '<p data-alert="7">1 critical result</p>')
    _hint(socket, 6, "case")
    expect(page.get_by_role("alert")).to_contain_text("1 critical result")
