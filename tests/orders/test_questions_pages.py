"""The safety checklist and the protocols of a procedure are kept on pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.models import ProtocolChoice, SafetyQuestion
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.factories import ProcedureFactory, SiteFactory

pytestmark = pytest.mark.django_db
ASKED: dict[str, Any] = {
    "code": "pregnancy",
    "text": "May you be pregnant?",
    "kind": "yes_no_unknown",
    "modalities": "CT, DX",
    "sex": "F",
    "age_from": "12",
    "age_to": "55",
    "stops_on": ["yes", "unknown"],
    "required": "on",
    "position": "1",
    "active": "on",
}


@pytest.fixture
def page(coordinator: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(coordinator)


def test_a_question_is_added_listed_and_changed(page: Client) -> None:
    assert page.post("/catalogue/safety/new/", ASKED).status_code == 302
    kept = SafetyQuestion.objects.get()
    assert (kept.code, kept.stops_on, kept.site) == ("PREGNANCY", "yes,unknown", None)
    assert b"May you be pregnant?" in page.get("/catalogue/safety/").content
    address = f"/catalogue/safety/{kept.pk}/"
    html = page.get(address).content.decode()
    assert html.count("checked") == 4  # two answers stop; required; asked
    changed = {**ASKED, "text": "Are you pregnant?", "version": kept.version}
    assert page.post(address, changed).status_code == 302
    kept.refresh_from_db()
    assert (kept.text, kept.version) == ("Are you pregnant?", 2)
    detail = AuditEntry.objects.filter(action="safety_question_saved").last()
    assert detail is not None and detail.detail["changed"] == ["text"]


def test_who_has_an_old_version_sees_what_was_changed(page: Client) -> None:
    page.post("/catalogue/safety/new/", ASKED)
    kept = SafetyQuestion.objects.get()
    stale = {**ASKED, "text": "Another?", "version": kept.version - 1}
    answer = page.post(f"/catalogue/safety/{kept.pk}/", stale)
    assert answer.status_code == 409
    assert b"Another?" in answer.content
    kept.refresh_from_db()
    assert kept.text == "May you be pregnant?"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"modalities": "CT, XX"}, "XX is no DICOM modality"),
        ({"age_from": "60"}, "The oldest is younger"),
        ({"age_to": "200"}, "older than 130"),
        ({"stops_below": "30"}, "Only a number"),
        ({"kind": "yes_no"}, "unknown cannot be answered"),
        ({"kind": "text"}, "cannot be answered here"),
        ({"text": ""}, "required"),
    ],
)
def test_what_would_ask_or_stop_nobody_is_refused(
    page: Client, change: dict[str, str], said: str
) -> None:
    answer = page.post("/catalogue/safety/new/", {**ASKED, **change})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not SafetyQuestion.objects.exists()


def test_a_code_is_kept_once_a_site(page: Client) -> None:
    river = SiteFactory.create(code="RIVER")
    assert page.post("/catalogue/safety/new/", ASKED).status_code == 302
    assert page.post("/catalogue/safety/new/", ASKED).status_code == 400
    own = {**ASKED, "site": river.pk}
    assert page.post("/catalogue/safety/new/", own).status_code == 302


def test_protocols_are_offered_and_withdrawn(page: Client) -> None:
    procedure = ProcedureFactory.create()
    address = f"/catalogue/{procedure.pk}/protocols/"
    told = {"text": "Three phases", "code": "3P", "system": "99RADFLOW", "position": 0}
    assert page.post(address, {**told, "contrast": "on"}).status_code == 302
    choice = ProtocolChoice.objects.get()
    assert (choice.procedure, choice.contrast) == (procedure, True)
    assert page.post(address, told).status_code == 400
    assert b"Three phases" in page.get(address).content
    gone = page.post(f"/catalogue/protocols/{choice.pk}/withdraw/")
    assert gone.status_code == 302
    assert not ProtocolChoice.objects.exists()


def test_technologists_do_not_keep_the_checklist(
    technologist: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(technologist)
    assert client.get("/catalogue/safety/").status_code == 403
    assert client.post("/catalogue/safety/new/", ASKED).status_code == 403
