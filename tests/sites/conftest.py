"""A department in Berlin with a clinic in California, each with a CT room."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from radflow.accounts.models import User
    from radflow.sites.models import Site
    from worklist.models import Station


@pytest.fixture(autouse=True)
def berlin(settings: Any) -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.fixture
def main(db: None) -> Site:
    from radflow.sites.models import Site
    from tests.factories import SiteFactory

    site = SiteFactory.create()
    Site.objects.filter(pk=site.pk).update(time_zone="Europe/Berlin")
    site.refresh_from_db()
    return site


@pytest.fixture
def west(main: Site) -> Site:
    from tests.factories import SiteFactory

    return SiteFactory.create(
        code="WEST", name="West Clinic", time_zone="America/Los_Angeles"
    )


def _scanner(site: Site, name: str) -> Station:
    from tests.factories import RoomFactory, StationFactory

    room = RoomFactory.create(name=f"CT {name}", site=site)
    return StationFactory.create(room=room, name=name, ae_title=f"{name}_AE")


@pytest.fixture
def ct_main(main: Site) -> Station:
    return _scanner(main, "MAIN")


@pytest.fixture
def ct_west(west: Site) -> Station:
    return _scanner(west, "WEST")


@pytest.fixture
def coord(
    coordinator: User, client_for: Callable[[User], Client], west: Site
) -> Client:
    return client_for(coordinator)


@pytest.fixture
def in_west(coord: Client, coordinator: User) -> Client:
    """The coordinator, standing at the clinic."""
    coord.post("/accounts/preferences/", {"site": "WEST"})
    return coord
