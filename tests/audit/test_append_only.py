"""Evidence stays: the database itself refuses to change or delete it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from orders.cause import Cause
from orders.models import Order
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.audit.services import record
from tests.door import deliver, order_message
from tests.factories import PeerFactory, make_order

pytestmark = pytest.mark.django_db(transaction=True)
ClientFor = Callable[[User], Client]


def refused(sql: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except IntegrityError as error:
        return "append-only" in str(error)
    return False


@pytest.fixture
def order(db: None) -> Order:
    PeerFactory.create(sending_application="EHRX", host="h", port=1)
    deliver(order_message())
    return Order.objects.get()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_entry SET action = 'x'",
        "DELETE FROM audit_entry",
        "UPDATE orders_event SET title = 'x'",
        "DELETE FROM orders_event",
        "UPDATE messaging_inbound SET raw = 'x'",
        "UPDATE messaging_inbound SET received_at = now() - interval '1 day'",
        "DELETE FROM messaging_inbound",
    ],
)
def test_no_one_rewrites_the_record(order: Order, sql: str) -> None:
    record("something_happened")
    assert refused(sql)


@pytest.mark.parametrize(
    "table",
    [
        "audit_entry",
        "orders_event",
        "reports_version",
        "messaging_inbound",
        "messaging_outbound",
        "messaging_attempt",
    ],
)
def test_each_table_of_evidence_has_its_guard(db: None, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bit_or(tgtype) FROM pg_trigger "
            "WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [table],
        )
        kinds = cursor.fetchone()[0]
    delete, update = 8, 16
    assert kinds & delete
    assert kinds & update


def test_writes_leave_a_row_with_their_actor(technologist: User) -> None:
    order = make_order(cause=Cause(user=technologist))
    rows = AuditEntry.objects.filter(order_id=order.pk)
    assert rows.exists()
    assert {row.actor for row in rows} == {technologist}


def test_reading_an_order_leaves_a_row(
    order: Order, technologist: User, client_for: ClientFor
) -> None:
    assert client_for(technologist).get(f"/orders/{order.pk}/").status_code == 200
    entry = AuditEntry.objects.filter(actor=technologist).latest("id")
    assert (entry.order_id, entry.patient_id) == (order.pk, order.patient_id)
    assert entry.address == "127.0.0.1"


def test_a_row_rolls_back_with_what_it_tells(db: None) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record("never_happened")
        raise ZeroDivisionError
    assert not AuditEntry.objects.filter(action="never_happened").exists()
