"""Several parked messages put back by one decision."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from orders.models import Order
from radflow.accounts.models import User
from radflow.messaging.drain import drain
from radflow.messaging.handling.bulk import continue_bulks, start_bulk, stop_bulk
from radflow.messaging.models import BulkReplay, InboundMessage, Peer
from radflow.messaging.services import replay_message
from tests.door import deliver, order_message
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)
ClientFor = Callable[[User], Client]


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


@pytest.fixture
def page(interface_admin: User, client_for: ClientFor) -> Client:
    return client_for(interface_admin)


def changes_before_their_orders(count: int) -> list[int]:
    """Parked as unknown orders; then the orders come, so a replay would succeed."""
    for n in range(count):
        deliver(order_message(control_id=f"X{n}", control="HD", placer=f"P{n}"))
    for n in range(count):
        deliver(order_message(control_id=f"N{n}", placer=f"P{n}"))
    parked = InboundMessage.objects.filter(state="parked")
    return list(parked.order_by("id").values_list("pk", flat=True))


def test_they_are_tried_first_and_nothing_is_written(page: Client) -> None:
    ids = changes_before_their_orders(3)
    versions = list(Order.objects.order_by("id").values_list("version", flat=True))
    shown = page.post("/messages/bulk/try/", {"ids": [f"in-{one}" for one in ids]})
    text = " ".join(shown.content.decode().split())
    assert "Of 3 tried, <strong>3</strong> would be applied" in text
    assert not BulkReplay.objects.exists()
    again = list(Order.objects.order_by("id").values_list("version", flat=True))
    assert versions == again


def test_they_are_replayed_in_their_order_with_progress(page: Client) -> None:
    ids = changes_before_their_orders(3)
    started = page.post(
        "/messages/bulk/start/", {"ids": ids[::-1], "reason": "Orders are there now"}
    )
    bulk = BulkReplay.objects.get()
    assert bulk.message_ids == ids
    assert continue_bulks() == 3
    drain()
    assert set(
        InboundMessage.objects.filter(pk__in=ids).values_list("state", flat=True)
    ) == {"applied"}
    shown = page.get(started.headers["Location"]).content.decode()
    assert "3 of 3 taken up" in shown
    assert 'value="3"' in shown


def test_another_worker_goes_on_where_one_fell(interface_admin: User) -> None:
    ids = changes_before_their_orders(3)
    bulk = start_bulk(ids=ids, reason="x", by=interface_admin)
    BulkReplay.objects.filter(pk=bulk.pk).update(done=1)
    assert continue_bulks() == 2
    assert continue_bulks() == 0
    bulk.refresh_from_db()
    assert (bulk.done, bulk.ended_at is None) == (3, False)


def test_one_that_somebody_dealt_with_is_counted_not_repeated(
    interface_admin: User,
) -> None:
    ids = changes_before_their_orders(2)
    bulk = start_bulk(ids=ids, reason="x", by=interface_admin)
    replay_message(message_id=ids[0], by=interface_admin)
    continue_bulks()
    bulk.refresh_from_db()
    assert (bulk.done, bulk.failed) == (2, 1)


def test_stopped_the_rest_stays_parked(interface_admin: User) -> None:
    ids = changes_before_their_orders(2)
    bulk = start_bulk(ids=ids, reason="x", by=interface_admin)
    stop_bulk(bulk_id=bulk.pk, by=interface_admin)
    assert continue_bulks() == 0
    assert InboundMessage.objects.filter(state="parked").count() == 2


def test_it_needs_a_reason_and_parked_messages(page: Client) -> None:
    ids = changes_before_their_orders(1)
    page.post("/messages/bulk/start/", {"ids": ids})
    page.post("/messages/bulk/start/", {"ids": [999999], "reason": "x"})
    page.post("/messages/bulk/try/", {"ids": ["nonsense", "in-x"]})
    assert not BulkReplay.objects.exists()


def test_only_who_manages_interfaces_replays(
    radiologist: User, client_for: ClientFor
) -> None:
    ids = changes_before_their_orders(1)
    site = client_for(radiologist)
    for place in ("try", "start"):
        answer = site.post(f"/messages/bulk/{place}/", {"ids": ids, "reason": "x"})
        assert answer.status_code == 403
