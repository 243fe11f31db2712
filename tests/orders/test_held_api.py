"""Held changes, mismatches and sources, as other programs read them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from orders.models import MergeJournal, Order
from radflow.accounts.models import User
from tests.door import deliver, order_message
from tests.factories import PeerFactory, ProcedureFactory, make_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rest(coordinator: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(coordinator)


@pytest.fixture
def order(db: None) -> Order:
    """A CT of the lungs whose sender then wants a CT of the head, which is held."""
    for code in ("CTPA", "CTHEAD"):
        ProcedureFactory.create(code=code, modality="CT")
    PeerFactory.create(
        sending_application="EHRX", sending_facility="GENHOSP", drift="hold"
    )
    deliver(order_message())
    change = "CTHEAD^CT head^99RADFLOW"
    deliver(order_message(control="XO", control_id="C2", obr=change))
    return Order.objects.get()


def test_a_held_change_is_told_side_by_side(rest: Client, order: Order) -> None:
    (held,) = rest.get("/api/v1/held-changes/", {"state": "open"}).json()["results"]
    assert (held["order"], held["applied"]) == (order.pk, False)
    assert held["differences"] == [
        {
            "field": "procedure_code",
            "ours": "CTPA",
            "theirs": "CTHEAD",
            "reason": "procedure",
            "source": "OBR-4.1",
        }
    ]
    assert rest.get(f"/api/v1/held-changes/{held['id']}/").json() == held


def test_mismatches_are_told_with_their_safe_step(rest: Client, order: Order) -> None:
    (kind,) = rest.get("/api/v1/reconciliation/", {"kind": "held"}).json()
    assert (kind["kind"], kind["count"]) == ("held", 1)
    (item,) = kind["items"]
    assert (item["order"], item["action"]) == (order.pk, "Compare")
    assert item["page"].startswith("/orders/held/")


def test_every_identity_and_order_value_has_a_source(
    rest: Client, order: Order
) -> None:
    told = rest.get(f"/api/v1/orders/{order.pk}/provenance/").json()
    sources = {one["field"]: one["source"] for one in told}
    assert sources["identifiers"] == "PID-3"
    assert sources["procedure_text"] == "OBR-4.2"
    assert sources["procedure_system"] == "OBR-4.3"
    assert sources["filler_order_number"] == ""


def test_a_second_identifier_is_told_with_those_before(
    rest: Client, order: Order
) -> None:
    both = "700123^^^GENHOSP^MR~5^^^WEST^PI"
    pid = f"PID|1||{both}||Okafor^Ada||19800514|F"
    deliver(order_message(placer="P2", control_id="C3", pid=pid))
    address = f"/api/v1/patients/{order.patient_id}/provenance/"
    last = [x for x in rest.get(address).json() if x["field"] == "identifiers"][-1]
    assert last["was"] == ["700123 (GENHOSP)"]
    assert last["now"] == ["700123 (GENHOSP)", "5 (WEST)"]
    page = rest.get(f"/patients/{order.patient_id}/").content.decode()
    assert "Source of Identifiers: PID-3" in page


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE orders_provenance SET actor = 'x'",
        "DELETE FROM orders_provenance",
        "UPDATE orders_merge SET moved = '{}', actor = 'x'",
        "DELETE FROM orders_merge",
        "DELETE FROM orders_held_change",
    ],
)
def test_no_one_rewrites_sources_merges_or_held_changes(order: Order, sql: str) -> None:
    MergeJournal.objects.create(
        kind="merge",
        survivor=order.patient,
        retired=make_order().patient,
        at=timezone.now(),
    )
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
