"""A department of two CT rooms, and people at their browsers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from orders.models import Order
    from radflow.accounts.models import User
    from worklist.models import Station


@pytest.fixture(autouse=True)
def static_root(settings: Any) -> None:
    """Whitenoise warns where nothing was collected; pages need no files here."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def ct1(db: None) -> Station:
    from tests.factories import RoomFactory, StationFactory

    return StationFactory.create(
        room=RoomFactory.create(name="CT 1"), name="CT1", ae_title="CT1_AE"
    )


@pytest.fixture
def ct2(db: None) -> Station:
    from tests.factories import RoomFactory, StationFactory

    return StationFactory.create(
        room=RoomFactory.create(name="CT 2"), name="CT2", ae_title="CT2_AE"
    )


@pytest.fixture
def at_board(coordinator: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(coordinator)


@pytest.fixture
def at_station(
    technologist: User, client_for: Callable[[User], Client], ct1: Station
) -> Client:
    """A technologist who works at CT 1."""
    client = client_for(technologist)
    client.get("/station/", {"station": ct1.pk})
    return client


@pytest.fixture
def exam(ct1: Station) -> Order:
    """Ada Okafor, MRN 700123, accession ACC1, booked in CT 1 today at noon."""
    from tests.worklist.pages.exams import booked

    return booked(ct1, mrn="700123", accession="ACC1")
