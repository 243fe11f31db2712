from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from orders.models import Order
    from radflow.accounts.models import User


@pytest.fixture(autouse=True)
def static_root(settings: Any) -> None:
    """Whitenoise warns where nothing was collected; pages need no files here."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def order(db: None) -> Order:
    """Ada Okafor's CT of the left hip, by message C1 from EHRX."""
    from orders.models import Order
    from tests.door import deliver, order_message
    from tests.factories import PeerFactory, ProcedureFactory

    ProcedureFactory.create(code="CTHIP", text="CT hip", modality="CT")
    PeerFactory.create(
        name="Hospital", sending_application="EHRX", sending_facility="GENHOSP"
    )
    hip = "CTHIP^CT hip^99RADFLOW"
    deliver(order_message(obr=hip, more="|||||||||||HIP^^^^LT"))
    return Order.objects.get()


@pytest.fixture
def desk(coordinator: User, client_for: Callable[[User], Client]) -> Client:
    """The coordinator's browser."""
    return client_for(coordinator)


@pytest.fixture
def interface_desk(
    interface_admin: User, client_for: Callable[[User], Client]
) -> Client:
    """The browser of one who may open messages."""
    return client_for(interface_admin)
