from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.models import Order
from orders.requests import Identifier
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.factories import make_order, patient_request
from tests.worklist.pages.markup import text_of

pytestmark = pytest.mark.django_db
SCRIPT = {"X-Fragment": "1"}


def exam(mrn: str, family: str, given: str, **changes: Any) -> Order:
    numbers = (Identifier(mrn, "GENHOSP"),)
    named = {"family_name": family, "given_name": given}
    return make_order(patient=patient_request(identifiers=numbers, **named), **changes)


def found(client: Client, text: str) -> str:
    return text_of(client.post("/search/", {"q": text}, headers=SCRIPT))


@pytest.mark.parametrize("number", ["ACC777", "acc777", "PL-9"])
def test_a_number_of_an_order_leads_there(desk: Client, number: str) -> None:
    order = exam(
        "700123",
        "Okafor",
        "Ada",
        accession_number="ACC777",
        placer_order_number="PL-9",
    )
    response = desk.post("/search/", {"q": number})
    assert response["Location"] == f"/orders/{order.pk}/"


def test_a_number_of_a_person_leads_there(desk: Client) -> None:
    order = exam("700123", "Okafor", "Ada")
    response = desk.post("/search/", {"q": " 700123 "})
    assert response["Location"] == f"/patients/{order.patient_id}/"


@pytest.mark.parametrize(
    "text", ["okaf", "okafor ad", "ada okafor", "Okafor, A", "Okaphor Ada"]
)
def test_names_are_found_by_beginning_either_order_or_sound(
    desk: Client, text: str
) -> None:
    exam("700123", "Okafor", "Ada")
    exam("700124", "Lindqvist", "Maja")
    assert "700123" in found(desk, text)
    assert "700124" not in found(desk, text)


def test_a_name_never_leads_to_one_person_by_itself(desk: Client) -> None:
    exam("700123", "Okafor", "Ada")
    response = desk.post("/search/", {"q": "Okafor"})
    assert response.status_code == 200
    assert "700123" in text_of(response)


def test_the_beginning_of_an_accession_lists_orders(desk: Client) -> None:
    for number in range(10):
        exam(f"70012{number}", "Okafor", "Ada", accession_number=f"ZZ77{number}")
    text = found(desk, "zz77")
    assert "ZZ770" in text and "ZZ777" in text and "ZZ778" not in text
    assert "type on" in text


def test_what_is_not_here_says_so(desk: Client) -> None:
    assert "No patient and no order" in found(desk, "nobody at all")
    assert "at least two" in found(desk, "x")


def test_a_scan_leads_to_the_page_or_nowhere(desk: Client) -> None:
    order = exam("700123", "Okafor", "Ada", accession_number="ACC777")
    to = desk.post("/search/scan/", {"q": "ACC777"}).json()
    assert to == {"url": f"/orders/{order.pk}/"}
    assert desk.post("/search/scan/", {"q": "OKAFOR"}).json() == {"url": ""}


def test_what_was_found_is_on_the_record_and_not_what_was_typed(desk: Client) -> None:
    order = exam("700123", "Okafor", "Ada")
    found(desk, "okafor")
    entry = AuditEntry.objects.get(action="searched")
    assert entry.detail["patients"] == [order.patient_id]
    assert "okafor" not in str(entry.detail).lower()


def test_a_search_takes_the_same_queries_whatever_it_finds(desk: Client) -> None:
    def queries(text: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            found(desk, text)
        return len(seen)

    exam("700123", "Okafor", "Ada")
    few = queries("okafor")
    for number in range(6):
        exam(f"70013{number}", "Okafor", f"Ada{number}")
    assert queries("okafor") == few


def test_who_may_not_see_orders_may_not_search(
    outsider: User, client_for: Callable[[User], Client]
) -> None:
    assert client_for(outsider).post("/search/", {"q": "okafor"}).status_code == 403
