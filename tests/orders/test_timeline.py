"""The timeline in the order in which things happened."""

from __future__ import annotations

import pytest

from orders.models import Order
from orders.selectors import timeline_of
from tests.door import deliver, order_message
from tests.factories import PeerFactory, ProcedureFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_receipt_stands_before_what_it_caused_and_that_before_the_answer() -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    PeerFactory.create(
        sending_application="EHRX",
        host="h",
        port=1,
        reply_style="order_response",
    )
    deliver(order_message())
    titles = [event.title.split()[0] for event in timeline_of(Order.objects.get())]
    assert titles == ["Order", "Ordered", "ORR^O02"]
