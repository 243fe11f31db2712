from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from tests.design.site import Site


@pytest.mark.parametrize(
    ("before", "shown", "after"),
    [
        # Berlin, the night to summer: 02:00 does not exist.
        (datetime(2026, 3, 29, 0, 59, 58, tzinfo=UTC), "01:59:5", "03:00:"),
        # And back: 02:59:59 is followed by 02:00:00.
        (datetime(2026, 10, 25, 0, 59, 58, tzinfo=UTC), "02:59:5", "02:00:"),
    ],
)
def test_the_clock_of_an_open_page_follows_the_change_of_the_hour(
    page: Page, site: Site, before: datetime, shown: str, after: str
) -> None:
    with override_settings(TIME_ZONE="Europe/Berlin"):
        site.now, site.zone = before, "Europe/Berlin"
        page.clock.install(time=before)
        page.goto(site.page("<p>late</p>"))
        expect(page.locator("[data-clock]")).to_contain_text(shown)
        page.clock.run_for(5000)
        expect(page.locator("[data-clock]")).to_contain_text(after)
