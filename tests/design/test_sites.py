from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.design.site import Site


def test_a_site_is_chosen_by_keyboard_alone(page: Page, site: Site) -> None:
    page.goto(site.page("<p>rooms</p>"))
    page.get_by_role("button", name="Rooms and clock of All sites").focus()
    page.keyboard.press("Enter")
    everywhere = page.locator("#site-pop [value=all]")
    expect(everywhere).to_have_attribute("aria-pressed", "true")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.locator("#site-pop [value=WEST]")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert site.posted[-1] == {"site": ["WEST"]}


def test_escape_leaves_the_menu_and_goes_back_to_its_button(
    page: Page, site: Site
) -> None:
    page.goto(site.page("<p>rooms</p>"))
    button = page.locator(".sitemenu")
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("#site-pop")).to_be_hidden()
    expect(button).to_be_focused()


def test_on_a_phone_the_sites_are_in_the_users_menu(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(site.page("<p>rooms</p>"))
    expect(page.locator(".sitemenu")).to_be_hidden()
    page.locator(".usermenu").click()
    expect(page.locator("#user-pop [value=WEST]")).to_be_visible()


def test_the_palette_chooses_a_site(page: Page, site: Site) -> None:
    page.goto(site.page("<p>rooms</p>"))
    page.keyboard.press("Control+k")
    page.keyboard.type("site west")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert {"site": ["WEST"]} in site.posted
