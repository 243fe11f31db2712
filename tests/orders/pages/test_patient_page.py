from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.cause import Cause
from orders.models import (
    DuplicateCandidate,
    MergeJournal,
    Order,
    Patient,
    PatientIdentifier,
    PatientLink,
    Visit,
)
from orders.requests import Identifier
from orders.services import keep_source
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.factories import make_order, patient_request
from tests.worklist.pages.markup import text_of

pytestmark = pytest.mark.django_db


def person(mrn: str, **values: object) -> Patient:
    numbers = (Identifier(mrn, "GENHOSP"),)
    born = {"birth_date": date(1980, 5, 14), **values}
    who = patient_request(identifiers=numbers, **born)
    return make_order(patient=who).patient


def test_the_page_shows_who_which_numbers_visits_and_orders(
    desk: Client,
) -> None:
    patient = person("700123", allergies=("Penicillin",))
    now = timezone.now()
    PatientIdentifier.objects.create(
        patient=patient, value="OLD1", assigning_authority="WEST", retired_at=now
    )
    Visit.objects.create(patient=patient, number="V7", account_number="ACC9")
    text = text_of(desk.get(f"/patients/{patient.pk}/"))
    for shown in ("Okafor, Ada", "700123", "Preferred", "Penicillin", "V7", "ACC9"):
        assert shown in text, shown
    assert "OLD1 WEST MR Retired" in text
    assert Order.objects.get().accession_number in text


def test_demographics_know_their_source(desk: Client) -> None:
    patient = person("700123")
    keep_source(
        patient,
        was={"family_name": "Okafur"},
        now={"family_name": "Okafor"},
        sources={"family_name": "PID-5.1"},
        cause=Cause(actor="ADT feed"),
    )
    text = text_of(desk.get(f"/patients/{patient.pk}/"))
    assert "PID-5.1 Family name Okafor , changed from Okafur" in text


def test_a_merged_record_leads_to_its_survivor_over_every_merge(
    desk: Client,
) -> None:
    first, second, last = person("1"), person("2"), person("3")
    Patient.objects.filter(pk=first.pk).update(merged_into=second)
    Patient.objects.filter(pk=second.pk).update(merged_into=last)
    response = desk.get(f"/patients/{first.pk}/", follow=True)
    assert response.redirect_chain == [(f"/patients/{last.pk}/?merged={first.pk}", 302)]
    assert "was merged into this one" in text_of(response)


def test_an_open_page_says_when_its_record_is_merged_away(desk: Client) -> None:
    first, second = person("1"), person("2")
    Patient.objects.filter(pk=first.pk).update(merged_into=second)
    html = desk.get(f"/patients/{first.pk}/live/").content.decode()
    assert "merged just now" in html
    assert f'href="/patients/{second.pk}/"' in html


def test_name_and_numbers_at_the_top_refresh_with_the_rest(desk: Client) -> None:
    order = make_order()
    for address in (
        f"/orders/{order.pk}/timeline/",
        f"/patients/{order.patient_id}/live/",
    ):
        assert 'aria-label="Patient"' in desk.get(address).content.decode()


def test_a_loop_of_merges_ends(desk: Client) -> None:
    first, second = person("1"), person("2")
    Patient.objects.filter(pk=first.pk).update(merged_into=second)
    Patient.objects.filter(pk=second.pk).update(merged_into=first)
    assert desk.get(f"/patients/{first.pk}/").status_code == 302


def test_linked_and_doubtful_records_are_named(desk: Client) -> None:
    first, second = person("1"), person("2", given_name="Adah")
    PatientLink.objects.create(first=first, second=second, linked_at=timezone.now())
    DuplicateCandidate.objects.update_or_create(
        first=first, second=second, defaults={"reasons": ["same birth date"]}
    )
    text = text_of(desk.get(f"/patients/{second.pk}/"))
    assert "Another record of this person" in text
    assert "Possibly the same person as Okafor , Ada , born 14-May-1980" in text
    assert "same birth date" in text


def test_the_journal_shows_what_was_merged_and_taken_back(
    desk: Client, coordinator: User
) -> None:
    winner, loser = person("1"), person("2")
    MergeJournal.objects.create(
        kind="merge",
        event="A40",
        survivor=winner,
        retired=loser,
        at=timezone.now(),
        undone_at=timezone.now(),
        undone_by=coordinator,
        undo_reason="Father and son",
    )
    text = text_of(desk.get(f"/patients/{winner.pk}/"))
    assert "Patients merged A40" in text
    assert "Father and son" in text
    assert "Take back" not in text


def test_only_coordinators_are_offered_to_take_a_merge_back(
    desk: Client, technologist: User, client_for: Callable[[User], Client]
) -> None:
    winner, loser = person("1"), person("2")
    MergeJournal.objects.create(
        kind="merge", survivor=winner, retired=loser, at=timezone.now()
    )
    address = f"/patients/{winner.pk}/"
    assert "Take back" in text_of(desk.get(address))
    assert "Take back" not in text_of(client_for(technologist).get(address))


def test_the_page_takes_as_many_queries_for_thirty_orders_as_for_one(
    desk: Client,
) -> None:
    patient = person("700123")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert desk.get(f"/patients/{patient.pk}/").status_code == 200
        return len(seen)

    one = person("2")
    fill(patient, one, 1)
    queries()
    few = queries()
    fill(patient, one, 30)
    queries()  # reads anew what is kept between two changes
    assert queries() == few


def fill(patient: Patient, other: Patient, count: int) -> None:
    same = patient_request(identifiers=(Identifier("700123", "GENHOSP"),))
    for number in range(count):
        make_order(patient=same)
        Visit.objects.create(
            patient=patient, number=f"V{count}-{number}", account_number=f"{number}"
        )
        PatientIdentifier.objects.create(
            patient=patient, value=f"{count}-{number}", assigning_authority="WEST"
        )
        MergeJournal.objects.create(
            kind="merge", survivor=patient, retired=other, at=timezone.now()
        )
        twin = person(f"T{count}-{number}")
        DuplicateCandidate.objects.get_or_create(first=patient, second=twin)


def test_every_view_is_recorded_and_says_nobody_in_the_title(
    desk: Client,
) -> None:
    patient = person("700123")
    html = desk.get(f"/patients/{patient.pk}/").content.decode()
    desk.get(f"/patients/{patient.pk}/live/")
    seen = AuditEntry.objects.filter(action="patient_viewed", patient_id=patient.pk)
    assert seen.count() == 2
    title = html.partition("<title>")[2].partition("</title>")[0]
    assert "Okafor" not in title


@pytest.mark.parametrize("tail", ["", "live/"])
def test_people_without_the_right_see_nothing(
    outsider: User, client_for: Callable[[User], Client], tail: str
) -> None:
    patient = person("700123")
    address = f"/patients/{patient.pk}/{tail}"
    assert client_for(outsider).get(address).status_code == 403
    assert Client().get(address).status_code == 302
