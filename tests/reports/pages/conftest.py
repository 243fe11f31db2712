from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from orders.models import Order
from radflow.accounts.models import User
from reports.models import CriticalCase
from reports.services import open_case

ClientFor = Callable[[User], Client]


@pytest.fixture
def reader(client_for: ClientFor, radiologist: User) -> Client:
    """The radiologist's browser."""
    return client_for(radiologist)


@pytest.fixture
def case(performed: Order, radiologist: User) -> CriticalCase:
    return open_case(
        order_id=performed.pk, category=1, finding="Embolus", user=radiologist
    )
