"""What a coordinator does to an order on its page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order, OrderEvent, Procedure, Provenance
from orders.services import doubt_identity, hold, record_event
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.door import deliver, order_message
from tests.factories import PeerFactory, ProcedureFactory

pytestmark = pytest.mark.django_db(transaction=True)

Sign = Callable[[User], Client]


@pytest.fixture
def order(db: None) -> Order:
    ProcedureFactory.create(code="CTPA", modality="CT")
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")
    deliver(order_message())
    return Order.objects.get()


def do(client: Client, order: Order, name: str, **values: object) -> int:
    order.refresh_from_db()
    data = {"reason": "As agreed by phone", "version": order.version, **values}
    response = client.post(f"/orders/{order.pk}/act/{name}/", data)
    order.refresh_from_db()
    return response.status_code


def test_a_coordinator_holds_releases_and_cancels(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    client = client_for(coordinator)
    assert (do(client, order, "hold"), order.status) == (302, "on_hold")
    assert (do(client, order, "release"), order.status) == (302, "ordered")
    assert (do(client, order, "cancel"), order.status) == (302, "cancelled")
    last = OrderEvent.objects.filter(order=order, kind="state").latest("id")
    assert (last.user, last.detail) == (coordinator, "As agreed by phone")


def test_each_act_asks_for_a_reason(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    client = client_for(coordinator)
    for name in ("hold", "cancel"):
        assert client.get(f"/orders/{order.pk}/act/{name}/").status_code == 200
        assert do(client, order, name, reason=" ") == 400
    assert order.status == "ordered"


def test_what_somebody_changed_meanwhile_is_not_overrun(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    seen = order.version
    hold(order_id=order.pk, by="placer", cause=Cause(actor="EHRX"))
    assert do(client_for(coordinator), order, "cancel", version=seen) == 409
    assert order.status == "on_hold"


def test_a_begun_exam_is_not_cancelled_here(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    for event in (Event.BOOK, Event.ARRIVE, Event.PREPARE, Event.BEGIN):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))
    assert do(client_for(coordinator), order, "cancel") == 409
    assert order.status == "in_progress"


@pytest.mark.parametrize("name", ["hold", "release", "cancel", "settle"])
def test_who_does_not_schedule_may_not(
    order: Order, name: str, technologist: User, referrer: User, client_for: Sign
) -> None:
    for person in (technologist, referrer):
        assert do(client_for(person), order, name) == 403


def test_an_identity_in_doubt_keeps_the_exam_away_until_it_is_settled(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    doubt_identity(
        order_id=order.pk, reason="Two people answer.", cause=Cause(actor="test")
    )
    order.refresh_from_db()
    assert (order.status, order.holds) == ("on_hold", ["identity"])
    client = client_for(coordinator)
    assert do(client, order, "release") == 409
    assert (do(client, order, "settle"), order.status) == (302, "ordered")
    assert (order.identity_conflict, order.needs_attention) == ("", "")
    assert AuditEntry.objects.filter(action="identity_settled").count() == 1
    assert do(client, order, "settle") == 409


def test_a_coordinator_orders_for_a_patient_on_file(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    client = client_for(coordinator)
    page = f"/orders/new/{order.patient_id}/"
    assert client.get(page).status_code == 200
    (ct,) = Procedure.objects.filter(code="CTPA")
    wanted = {"procedure": ct.pk, "priority": "S", "reason": "Second look"}
    assert client.post(page, {**wanted, "reason": ""}).status_code == 400
    assert client.post(page, wanted).status_code == 302
    made = Order.objects.latest("id")
    assert made.patient == order.patient
    assert (made.status, made.priority, made.modality) == ("ordered", "S", "CT")
    assert Provenance.objects.get(order=made).user == coordinator


def test_the_side_follows_the_catalogue(
    order: Order, coordinator: User, client_for: Sign
) -> None:
    knee = ProcedureFactory.create(code="KNEE", modality="DX", laterality="required")
    page = f"/orders/new/{order.patient_id}/"
    wanted = {"procedure": knee.pk, "priority": "R", "reason": "Fall"}
    refused = client_for(coordinator).post(page, wanted)
    assert (refused.status_code, b"needs a side" in refused.content) == (400, True)
    taken = client_for(coordinator).post(page, {**wanted, "laterality": "LEFT"})
    assert (taken.status_code, Order.objects.latest("id").laterality) == (302, "LEFT")


def test_only_who_schedules_orders(
    order: Order, technologist: User, client_for: Sign
) -> None:
    page = f"/orders/new/{order.patient_id}/"
    assert client_for(technologist).get(page).status_code == 403
