from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import Patient, PatientIdentifier, Visit
from orders.requests import Identifier
from orders.selectors import MOST_FOUND
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.factories import make_order, patient_request
from tests.worklist.pages.markup import text_of

pytestmark = pytest.mark.django_db

ADA = {"family_name": "okaf", "birth_date": "1980-05-14"}


def person(mrn: str, **values: object) -> Patient:
    numbers = (Identifier(mrn, "GENHOSP"),)
    born = {"birth_date": date(1980, 5, 14), **values}
    who = patient_request(identifiers=numbers, **born)
    return make_order(patient=who).patient


def look(client: Client, **values: str) -> Any:
    return client.post("/patients/", values, follow=True)


def test_a_number_of_one_person_leads_straight_to_them(desk: Client) -> None:
    patient = person("700123")
    response = look(desk, identifier="700123")
    assert response.redirect_chain == [(f"/patients/{patient.pk}/", 302)]


def test_retired_numbers_and_visits_lead_to_who_has_them(desk: Client) -> None:
    patient = person("700123")
    PatientIdentifier.objects.create(
        patient=patient,
        value="OLD1",
        assigning_authority="WEST",
        retired_at=timezone.now(),
    )
    Visit.objects.create(patient=patient, number="V7")
    for number in ("OLD1", "V7"):
        response = look(desk, identifier=number)
        assert response.redirect_chain == [(f"/patients/{patient.pk}/", 302)]


def test_a_name_needs_its_birth_date(desk: Client) -> None:
    person("700123")
    assert "700123" in text_of(look(desk, **ADA))
    response = desk.post("/patients/", {"family_name": "okaf"})
    assert response.status_code == 400
    assert "together with a birth date" in text_of(response)
    assert "700123" not in text_of(response)


def test_nothing_of_the_search_is_in_the_address(desk: Client) -> None:
    person("700123")
    response = look(desk, **ADA)
    ((address, _),) = response.redirect_chain
    for said in ("okaf", "1980", "700123"):
        assert said not in address
    assert "700123" in text_of(desk.get(address))


def test_a_search_is_seen_by_nobody_else(
    desk: Client, technologist: User, client_for: Callable[[User], Client]
) -> None:
    person("700123")
    ((address, _),) = look(desk, **ADA).redirect_chain
    assert "700123" not in text_of(client_for(technologist).get(address))


def test_what_was_found_is_recorded(desk: Client) -> None:
    patient = person("700123")
    look(desk, **ADA)
    entry = AuditEntry.objects.get(action="patients_listed")
    assert entry.detail == {"patients": [patient.pk]}


def test_nobody_found_says_what_to_try(desk: Client) -> None:
    assert "Nobody found" in text_of(look(desk, identifier="nothing"))


def test_merged_records_are_not_listed(desk: Client) -> None:
    first, second = person("1"), person("2")
    Patient.objects.filter(pk=first.pk).update(merged_into=second)
    text = text_of(look(desk, **ADA))
    assert "1 shown" in text


def test_the_list_is_limited_and_says_so(desk: Client) -> None:
    for number in range(MOST_FOUND + 2):
        person(f"N{number}")
    text = text_of(look(desk, **ADA))
    assert f"{MOST_FOUND} shown. There are more" in text


def test_as_many_queries_for_thirty_people_as_for_one(desk: Client) -> None:
    def queries() -> int:
        ((address, _),) = look(desk, **ADA).redirect_chain
        with CaptureQueriesContext(connection) as seen:
            assert desk.get(address).status_code == 200
        return len(seen)

    person("1")
    queries()
    few = queries()
    for number in range(30):
        person(f"N{number}")
    assert queries() == few


def test_people_without_the_right_may_not_search(
    outsider: User, client_for: Callable[[User], Client]
) -> None:
    assert client_for(outsider).get("/patients/").status_code == 403
    assert client_for(outsider).post("/patients/", ADA).status_code == 403


def test_the_place_is_in_the_rail(desk: Client) -> None:
    html = desk.get("/board/").content.decode()
    assert 'href="/patients/"' in html
