from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.design.site import Site

BANNER = (
    '<section class="banner" data-patient="{}">'
    '<p class="name"><span>{}</span></p></section>'
)
LIST = (
    '<button data-second-window aria-pressed="false">Second</button>'
    '<table class="table"><tr id="exam-7" data-row><td>'
    '<a href="/reading/7/">DOE, Jane</a></td></tr></table>'
)


def patient(page: Page, site: Site, number: int, name: str) -> None:
    page.goto(site.page(BANNER.format(number, name)))


def test_who_comes_to_another_patient_is_told(page: Page, site: Site) -> None:
    patient(page, site, 7, "DOE, Jane")
    patient(page, site, 7, "DOE, Jane")
    assert page.get_by_text("Now another patient").count() == 0
    patient(page, site, 8, "ROE, Ann")
    expect(page.get_by_text("Now another patient: ROE, Ann")).to_be_visible()


def test_windows_with_different_patients_say_so(page: Page, site: Site) -> None:
    patient(page, site, 7, "DOE, Jane")
    beside = page.context.new_page()
    beside.route_web_socket("**/ws/live/**", lambda socket: None)
    patient(beside, site, 8, "ROE, Ann")
    expect(page.locator("#context-differs")).to_be_visible()
    expect(beside.locator("#context-differs")).to_be_visible()
    beside.close()
    expect(page.locator("#context-differs")).to_be_hidden(timeout=15_000)


def test_reports_open_in_a_second_window_and_the_list_marks_them(
    page: Page, site: Site
) -> None:
    site.answer("/reading/7/", site.shell_with(BANNER.format(7, "DOE, Jane")))
    page.goto(site.page(LIST))
    page.get_by_role("button", name="Second").click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="DOE, Jane").click()
    expect(opened.value.locator(".banner")).to_be_visible()
    expect(page.locator("#exam-7")).to_have_attribute("data-open-beside", "")
    assert page.url.endswith("/page/")
