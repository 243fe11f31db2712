"""A report from outside is kept and refused; a person sees which order it may fit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.models import Order
from orders.reconciliation.registry import Item, kinds
from radflow.accounts.models import User
from radflow.messaging.models import InboundMessage
from tests.door import deliver, order_message
from tests.factories import PeerFactory, ProcedureFactory

pytestmark = pytest.mark.django_db(transaction=True)

Sign = Callable[[User], Client]
ADA = "700123^^^GENHOSP^MR"
_ids = iter(range(1, 100_000))


@pytest.fixture(autouse=True)
def hospital(db: None) -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


@pytest.fixture
def order(hospital: None) -> Order:
    deliver(order_message())
    return Order.objects.get()


def report(
    obr: str = "OBR|1|XX9^EHRX|YY9^RAD|CTHEAD^CT head^L",
    *,
    pid: str = "900900^^^GENHOSP^MR",
    kind: str = "ORU^R01",
) -> None:
    head = (
        f"MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123083000||{kind}"
        f"|T{next(_ids)}|P|2.5.1"
    )
    text = "OBX|1|TX|18748-4^Report^LN||Nothing of note||||||F"
    lines = [head, f"PID|1||{pid}||Vogel^Nina||19700101|F", obr, text]
    deliver(("\r".join(lines) + "\r").encode())


def listed() -> list[Item]:
    (kind,) = [one for one in kinds() if one.name == "reports"]
    items = list(kind.items())
    assert len(items) == kind.standing().count()
    return items


@pytest.mark.parametrize("kind", ["ORU^R01", "MDM^T02"])
def test_it_is_listed_with_the_numbers_and_the_person_it_names(kind: str) -> None:
    report(kind=kind)
    (item,) = listed()
    assert item.numbers == (
        "Placer no. XX9",
        "Filler no. YY9",
        "Patient 900900 (GENHOSP)",
    )
    assert item.proposal == "No order fits"
    row = InboundMessage.objects.get(message_type=kind)
    assert item.action.url == f"/messages/in/{row.pk}/"


def test_a_document_names_its_order_in_txa() -> None:
    report("TXA|1|DI|TX|20261123||||||||D1||P77^EHRX|F77^RAD", kind="MDM^T02")
    (item,) = listed()
    assert item.numbers[:2] == ("Placer no. P77", "Filler no. F77")


@pytest.mark.parametrize(
    ("obr", "pid", "why"),
    [
        ("OBR|1|P1^EHRX||CTPA^CT^L", ADA, "placer number, patient ID, procedure"),
        ("OBR|1||{filler}|CTX^CT^L", ADA, "filler number, patient ID"),
        ("OBR|1" + "|" * 17 + "{accession}", ADA, "accession number, patient ID"),
        ("OBR|1|Z1||CTPA^CT^L", ADA, "patient ID, procedure"),
        (
            "OBR|1||{filler}|CTX^CT^L",
            "900900^^^GENHOSP^MR",
            "filler number, but another patient ID",
        ),
    ],
)
def test_the_likely_order_is_proposed(
    order: Order, obr: str, pid: str, why: str
) -> None:
    filler, accession = order.filler_order_number, order.accession_number
    report(obr.format(filler=filler, accession=accession), pid=pid)
    (item,) = listed()
    assert item.proposal == f"Accession {order.accession_number}: {why}"
    assert item.action.url == f"/orders/{order.pk}/"


def test_the_person_alone_proposes_nothing(order: Order) -> None:
    report("OBR|1|Z1||MRX^MR^L", pid=ADA)
    (item,) = listed()
    assert item.proposal == "No order fits"


def test_the_same_number_of_another_authority_is_not_the_person(order: Order) -> None:
    report("OBR|1|Z1||CTPA^CT^L", pid="700123^^^WEST^MR")
    (item,) = listed()
    assert item.proposal == "No order fits"


def test_a_repeated_report_is_listed_once() -> None:
    obr = "OBR|1|XX9^EHRX||CTHEAD^CT head^L"
    report(obr)
    report(obr)
    assert len(listed()) == 1


def test_the_message_is_offered_to_who_may_read_it(
    coordinator: User, interface_admin: User, client_for: Sign
) -> None:
    report()
    address = "/reconciliation/?kind=reports"
    page = client_for(interface_admin).get(address).content.decode()
    assert "Placer no. XX9" in page
    assert "Open the message" in page
    page = client_for(coordinator).get(address).content.decode()
    assert "Open the message" not in page
    assert "An interface admin opens the message" in page


def test_programs_read_the_numbers_too(coordinator: User, client_for: Sign) -> None:
    report()
    rest = client_for(coordinator)
    (kind,) = rest.get("/api/v1/reconciliation/", {"kind": "reports"}).json()
    (item,) = kind["items"]
    assert item["numbers"][0] == "Placer no. XX9"
    assert item["action"] == "Open the message"


def test_more_reports_cost_no_more_queries(order: Order) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            listed()
        return len(found)

    report("OBR|1|P1^EHRX||CTPA^CT^L", pid=ADA)
    before = queries()
    for number in range(4):
        report(f"OBR|{number}|P1^EHRX||CTPA^CT^L", pid=ADA)
    assert queries() == before
