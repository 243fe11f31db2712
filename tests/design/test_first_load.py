"""The first page of a day is small: what a slow line has to carry of ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from radflow.accounts.models import User
from tests.factories import StationFactory, UserFactory
from tests.first_load import MOST_BYTES, PAGES, assets_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("path", "role"), PAGES.items())
def test_a_first_page_brings_little(
    path: str, role: str, client_for: Callable[[User], Client]
) -> None:
    station = StationFactory.create()
    client = client_for(UserFactory.create(role=role))
    html = client.get(path.format(station=station.pk)).content.decode()
    found = assets_of(html)
    assert {file.suffix for file in found} == {".css", ".js", ".svg", ".woff2"}
    assert sum(found.values()) <= MOST_BYTES
