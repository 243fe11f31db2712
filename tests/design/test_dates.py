"""A day is told in words beside its field, whatever order the browser writes it in."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.design.site import Site

FIELD = """<div class="field"><label for="born">Birth date</label>
<input id="born" type="date" value="1968-04-03"></div>"""


def test_a_date_has_its_weekday_and_the_name_of_its_month(
    page: Page, site: Site
) -> None:
    page.goto(site.page(FIELD))
    said = page.locator("output[data-day]")
    expect(said).to_have_text("Wed, 3 Apr 1968")
    page.get_by_label("Birth date").fill("1968-03-04")
    expect(said).to_have_text("Mon, 4 Mar 1968")
    page.get_by_label("Birth date").fill("")
    expect(said).to_be_empty()
    expect(said).to_have_count(1)
