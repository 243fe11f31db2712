"""A longer list costs as many queries as a short one, on every page that has one."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.models import Order
from radflow.accounts import idle
from radflow.accounts.models import User
from tests.factories import UserFactory
from tests.list_pages import LIST_PAGES, Known, ListPage
from tests.list_rows import Department

pytestmark = pytest.mark.django_db

FEW, MANY = 3, 30


def test_more_rows_cost_no_more_queries() -> None:
    """One test of all pages: most of its time goes into the rows that they show."""
    roles = ("coordinator", "technologist", "radiologist", "interface_admin")
    people = {role: UserFactory.create(role=role) for role in roles}
    people["referrer"] = UserFactory.create(role="referrer", staff_id="3002")
    clients = {role: _signed_in(user) for role, user in people.items()}
    department = Department(people["radiologist"])
    few, many = (_counted(department, clients, rows) for rows in (FEW, MANY))
    differ = {name: (few[name], many[name]) for name in few if few[name] != many[name]}
    assert differ == {}


def _counted(
    department: Department, clients: dict[str, Client], rows: int
) -> dict[str, int]:
    """Queries of each page, once so many more rows are there."""
    department.grow(rows)
    Order.objects.update(ordering_provider={"id": "3002"})
    known = _known(department)
    return {page.name: _queries(page, clients, known) for page in LIST_PAGES}


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    session = client.session
    idle.begin(session)
    session.save()
    return client


def _known(department: Department) -> Known:
    order = Order.objects.filter(status="scheduled").earliest("id")
    return Known(
        order=order.pk,
        patient=order.patient_id,
        station=department.station.pk,
        room=department.station.room_id,
        accession=order.accession_number,
        mrn=order.patient.identifiers.get().value,
        placer=order.placer_order_number,
        family=order.patient.family_name,
        given=order.patient.given_name,
        birth_date=str(order.patient.birth_date),
    )


# Once a minute a request writes its session, in a transaction of its own.
_NOW_AND_THEN = ('UPDATE "django_session"', "SAVEPOINT", "RELEASE SAVEPOINT")


def _queries(page: ListPage, clients: dict[str, Client], known: Known) -> int:
    """Of the second time: the first may fill what is kept for a process."""
    client = clients[page.role]
    page.ask(client, known)
    with CaptureQueriesContext(connection) as seen:
        answer = page.ask(client, known)
    leads_on = bool(page.form) and "login" not in answer.get("Location", "login")
    assert answer.status_code == 200 or leads_on, page.name
    return sum(not each["sql"].startswith(_NOW_AND_THEN) for each in seen)
