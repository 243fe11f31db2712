"""Contracts as people and programs see and write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from knox.models import AuthToken

from radflow.accounts.models import User
from radflow.messaging.models import UnknownSegment, ZContract
from tests.door import deliver, order_message
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)
ClientFor = Callable[[User], Client]
URL = "/messages/contracts/"


@pytest.fixture(autouse=True)
def hospital(db: None) -> None:
    PeerFactory.create(
        name="Hospital", sending_application="EHRX", sending_facility="GENHOSP"
    )


@pytest.fixture
def page(interface_admin: User, client_for: ClientFor) -> Client:
    return client_for(interface_admin)


def form(**changes: Any) -> dict[str, Any]:
    """What the editor sends for one field and two samples."""
    values = {
        "segment": "ZZ1",
        "version": "1.0.0",
        "vendor": "Acme",
        "product": "Flow",
        "product_version": "*",
        "sending_application": "EHRX",
        "sending_facility": "*",
        "message_types": "ORM^O01 OML^O21",
        "evidence": "Interface agreement 7",
        "description": "",
        "fields-TOTAL_FORMS": "1",
        "fields-INITIAL_FORMS": "0",
        "fields-0-field": "1",
        "fields-0-component": "",
        "fields-0-name": "Set ID",
        "fields-0-datatype": "SI",
        "fields-0-required": "R",
        "fields-0-target": "",
        "fields-0-policy": "annotate",
        "fields-0-on_error": "warn",
        "samples-TOTAL_FORMS": "2",
        "samples-INITIAL_FORMS": "0",
        "samples-0-text": "ZZ1|1",
        "samples-0-valid": "yes",
        "samples-1-text": "ZZ1|x",
        "samples-1-valid": "no",
    }
    return values | {name.replace("__", "-"): v for name, v in changes.items()}


def test_the_list_names_what_is_in_force_and_what_is_an_example(page: Client) -> None:
    shown = page.get(URL).content.decode()
    assert "Shipped with radflow" in shown
    assert shown.count("Never acts") == 3


def test_a_contract_is_written_approved_and_retired_on_its_pages(page: Client) -> None:
    answer = page.post(f"{URL}add/", form())
    contract = ZContract.objects.get(segment="ZZ1")
    assert answer["Location"] == f"{URL}{contract.pk}/"
    assert contract.message_types == ["ORM^O01", "OML^O21"]
    assert b"All 2 samples prove it" in page.get(f"{URL}{contract.pk}/").content
    page.post(f"{URL}{contract.pk}/approve/")
    contract.refresh_from_db()
    assert contract.status == "approved"
    shown = page.get(URL).content.decode()
    assert "Hospital" in shown
    page.post(f"{URL}{contract.pk}/retire/", {"reason": "Interface closed"})
    contract.refresh_from_db()
    assert (contract.status, contract.retired_reason) == ("retired", "Interface closed")


def test_a_new_version_shows_what_it_changes(page: Client) -> None:
    page.post(f"{URL}add/", form())
    first = ZContract.objects.get(segment="ZZ1")
    page.post(f"{URL}{first.pk}/approve/")
    answer = page.post(f"{URL}{first.pk}/new-version/")
    second = ZContract.objects.get(segment="ZZ1", version="1.1.0")
    assert answer["Location"] == f"{URL}{second.pk}/edit/"
    page.post(answer["Location"], form(version="1.1.0", fields__0__name="Sequence"))
    shown = page.get(f"{URL}{second.pk}/").content.decode()
    assert "Set ID: SI, required" in shown
    assert "Sequence: SI, required" in shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"segment": "PID"}, "Z and two letters or digits"),
        ({"fields__0__regex": "(a"}, "A bracket is not closed"),
        ({"fields__0__name": ""}, "This field is required"),
        ({"product_version": ">=x"}, "A range is written as"),
        ({"message_types": "ORM"}, "Written as ORM^O01"),
        (
            {"fields__0__required": "C", "fields__0__condition": "sometimes"},
            "ZSI-3 valued",
        ),
        ({"fields__0__policy": "delete"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_beside_it(
    page: Client, changes: dict[str, str], words: str
) -> None:
    shown = page.post(f"{URL}add/", form(**changes)).content.decode()
    assert words in shown
    assert "Not saved" in shown
    assert not ZContract.objects.filter(vendor="Acme").exists()


def test_rows_are_added_and_removed_without_being_saved(page: Client) -> None:
    shown = page.post(f"{URL}add/", form(add="fields")).content.decode()
    assert 'name="fields-1-field" value="2"' in shown
    assert "This field is required" not in shown
    shown = page.post(f"{URL}add/", form(remove="samples-0")).content.decode()
    assert 'value="ZZ1|x"' in shown
    assert 'value="ZZ1|1"' not in shown
    assert not ZContract.objects.filter(vendor="Acme").exists()


def test_an_unknown_segment_becomes_a_draft_with_one_click(page: Client) -> None:
    deliver(order_message(more="\rZQ1|Okafor|12"))
    assert b"Draft a contract from this sample" in page.get(URL).content
    unknown = UnknownSegment.objects.get()
    answer = page.post(f"{URL}unknown/{unknown.pk}/draft/")
    shown = page.get(answer["Location"]).content.decode()
    assert "ZQ1|Xxxxxx|11" in shown
    assert "Okafor" not in shown
    assert b"Not ready to be approved" in page.get(answer["Location"][:-5]).content


def test_a_draft_can_be_discarded_and_an_approved_one_cannot(page: Client) -> None:
    page.post(f"{URL}add/", form())
    draft = ZContract.objects.get(segment="ZZ1")
    approved = ZContract.objects.get(status="approved")
    for contract in (draft, approved):
        page.post(f"{URL}{contract.pk}/discard/")
    assert set(ZContract.objects.filter(pk__in=[draft.pk, approved.pk])) == {approved}


def test_only_those_who_manage_interfaces_write_contracts(
    technologist: User, client_for: ClientFor
) -> None:
    contract = ZContract.objects.get(status="approved")
    site = client_for(technologist)
    for path in ("", "add/", f"{contract.pk}/", f"{contract.pk}/edit/"):
        assert site.get(f"{URL}{path}").status_code == 403
    assert site.post(f"{URL}{contract.pk}/retire/").status_code == 403


def test_hostile_text_is_text(page: Client) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    page.post(f"{URL}add/", form(vendor=hostile, fields__0__name=hostile))
    contract = ZContract.objects.get(vendor=hostile)
    for path in ("", f"{contract.pk}/", f"{contract.pk}/edit/"):
        assert b"<img src=x" not in page.get(f"{URL}{path}").content


def test_contracts_are_read_by_rest(interface_admin: User) -> None:
    _, token = AuthToken.objects.create(interface_admin)
    rest = Client(headers={"Authorization": f"Bearer {token}"})
    listed = rest.get("/api/v1/contracts/", {"segment": "ZSI"}).json()
    (row,) = listed["results"]
    assert (row["vendor"], row["status"]) == ("Siemens", "example")
    full = rest.get(f"/api/v1/contracts/{row['id']}/").json()
    assert full["fields"][2]["path"] == "3"
    assert full["fields"][2]["target"] == "step.station_ae"
    assert {sample["passed"] for sample in full["samples"]} == {True}
