from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.cause import Cause
from orders.models import MergeJournal, Patient, PatientIdentifier, Visit
from orders.requests import Identifier
from orders.services import keep_source
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.factories import make_order, patient_request

pytestmark = pytest.mark.django_db

PATIENTS = "/api/v1/patients/"


@pytest.fixture
def rest(coordinator: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(coordinator)


def person(mrn: str) -> Patient:
    who = patient_request(identifiers=(Identifier(mrn, "GENHOSP"),))
    return make_order(patient=who).patient


def test_people_are_listed_by_a_number_of_theirs_alone(rest: Client) -> None:
    patient = person("700123")
    person("2")
    answer = rest.get(PATIENTS, {"identifier": "700123"}).json()
    assert [row["id"] for row in answer["results"]] == [patient.pk]
    assert rest.get(PATIENTS).status_code == 400


def test_the_authority_and_the_number_must_belong_together(rest: Client) -> None:
    patient = person("700123")
    PatientIdentifier.objects.create(
        patient=patient, value="5", assigning_authority="WEST"
    )

    def found(number: str, authority: str) -> int:
        query = {"identifier": number, "assigning_authority": authority}
        return int(rest.get(PATIENTS, query).json()["count"])

    assert found("5", "WEST") == 1
    assert found("700123", "WEST") == 0


def test_one_person_is_told_with_numbers_visits_and_merges(rest: Client) -> None:
    patient, other = person("700123"), person("2")
    Visit.objects.create(patient=patient, number="V7")
    MergeJournal.objects.create(
        kind="merge", event="A40", survivor=patient, retired=other, at=timezone.now()
    )
    answer = rest.get(f"{PATIENTS}{patient.pk}/").json()
    assert answer["identifiers"][0]["value"] == "700123"
    assert answer["identifiers"][0]["preferred"] is True
    assert [visit["number"] for visit in answer["visits"]] == ["V7"]
    assert [merge["event"] for merge in answer["merges"]] == ["A40"]
    assert answer["merged_into"] is None


def test_values_are_told_with_source_and_what_was_before(rest: Client) -> None:
    order = make_order()
    keep_source(
        order.patient,
        was={"sex": "M"},
        now={"sex": "F"},
        sources={"sex": "PID-8"},
        cause=Cause(actor="ADT feed"),
    )
    for address in (
        f"/api/v1/orders/{order.pk}/provenance/",
        f"{PATIENTS}{order.patient_id}/provenance/",
    ):
        last = rest.get(address).json()[-1]
        assert (last["subject"], last["field"]) == ("patient", "sex")
        assert (last["was"], last["now"], last["source"]) == ("M", "F", "PID-8")
        assert (last["actor"], last["message_id"]) == ("ADT feed", None)


def test_orders_tell_what_they_belong_to(rest: Client) -> None:
    order = make_order()
    answer = rest.get(f"/api/v1/orders/{order.pk}/").json()
    assert answer["parent"] is None
    assert answer["replaces"] is None
    assert answer["is_container"] is False
    assert answer["holds"] == []
    assert answer["identity_conflict"] == ""


def test_every_read_is_recorded(rest: Client) -> None:
    order = make_order(
        patient=patient_request(identifiers=(Identifier("1", "GENHOSP"),))
    )
    patient_id = order.patient_id
    rest.get(PATIENTS, {"identifier": "1"})
    rest.get(f"{PATIENTS}{patient_id}/")
    rest.get(f"{PATIENTS}{patient_id}/provenance/")
    rest.get(f"/api/v1/orders/{order.pk}/provenance/")
    seen = AuditEntry.objects.filter(actor__isnull=False).order_by("id")
    assert list(seen.values_list("action", flat=True)) == [
        "patients_listed",
        "patient_viewed",
        "patient_viewed",
        "provenance_viewed",
    ]


def test_people_without_the_right_are_told_nothing(
    outsider: User, client_for: Callable[[User], Client]
) -> None:
    order = make_order()
    for address in (
        f"{PATIENTS}?identifier=1",
        f"{PATIENTS}{order.patient_id}/",
        f"/api/v1/orders/{order.pk}/provenance/",
    ):
        assert client_for(outsider).get(address).status_code == 403


def test_as_many_queries_for_thirty_people_as_for_one(rest: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert rest.get(PATIENTS, {"identifier": "X"}).status_code == 200
        return len(seen)

    def share(count: int) -> None:
        for number in range(count):
            PatientIdentifier.objects.create(
                patient=person(f"{count}-{number}"),
                value="X",
                assigning_authority=f"SITE{count}-{number}",
            )

    share(1)
    few = queries()
    share(30)
    assert queries() == few
