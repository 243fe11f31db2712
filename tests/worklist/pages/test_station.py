from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.lifecycle import ExamState
from orders.models import Order
from radflow.accounts.models import User
from tests.worklist.at_the_gate import begun
from tests.worklist.pages.exams import arrived, booked
from tests.worklist.pages.markup import text_of
from worklist.models import DicomExchange, PerformedStep, Station

pytestmark = pytest.mark.django_db


def test_the_scanner_is_chosen_once_a_session(
    technologist: User,
    client_for: Callable[[User], Client],
    exam: Order,
    ct1: Station,
    ct2: Station,
) -> None:
    client = client_for(technologist)
    assert "Which scanner do you work at?" in text_of(client.get("/station/"))
    assert "Next on CT 1" in text_of(client.get(f"/station/?station={ct1.pk}"))
    assert "Next on CT 1" in text_of(client.get("/station/"))
    client.get(f"/station/?station={ct2.pk}")
    assert "Nobody waits for this scanner" in text_of(client.get("/station/"))


def test_who_is_here_goes_before_who_is_booked_and_stat_before_all(
    at_station: Client, ct1: Station
) -> None:
    booked(ct1, mrn="1", accession="A1", family="Booked", priority="S")
    arrived(ct1, mrn="2", accession="A2", family="Early", minutes=30)
    arrived(ct1, mrn="3", accession="A3", family="Urgent", minutes=60, priority="S")
    assert at_station.get("/station/").context["card"].line.row.mrn == "3"


def test_an_arrived_patient_has_one_primary_action(
    at_station: Client, ct1: Station
) -> None:
    order = arrived(ct1, mrn="1", accession="A1")
    html = at_station.get("/station/").content.decode()
    page = html[html.index("<main") : html.index("</main>")]
    assert page.count("primary") == 1
    assert f'href="/station/gate/{order.pk}/" data-key="b"' in html


def test_a_booked_patient_can_be_noted_as_arrived(
    at_station: Client, exam: Order
) -> None:
    assert "Patient arrived" in text_of(at_station.get("/station/"))
    assert at_station.post(f"/station/{exam.pk}/arrive/").status_code == 302
    exam.refresh_from_db()
    assert exam.status == ExamState.ARRIVED


def test_another_patient_of_the_list_is_brought_to_the_front(
    at_station: Client, exam: Order, ct1: Station
) -> None:
    later = booked(ct1, mrn="2", accession="A2", family="Later", minutes=60)
    response = at_station.get(f"/station/?exam={later.pk}")
    assert "Chosen on CT 1" in text_of(response)
    assert response.context["card"].line.order == later


def test_a_person_of_a_similar_name_is_named_on_the_card(
    at_station: Client, exam: Order, ct1: Station
) -> None:
    booked(ct1, mrn="2", accession="A2", given="Ida", minutes=60)
    text = text_of(at_station.get("/station/"))
    assert "Similar name today: Okafor, Ida, CT 1 13:00" in text


def test_a_person_of_a_similar_name_in_another_room_is_named_too(
    at_station: Client, exam: Order, ct2: Station
) -> None:
    booked(ct2, mrn="2", accession="A2", family="Okaford", minutes=60)
    html = at_station.get("/station/").content.decode()
    assert "Similar name today: Okaford, Ada, CT 2 13:00" in html


def test_two_exams_on_one_table_are_warned_of(
    at_station: Client, exam: Order, ct1: Station, technologist: User
) -> None:
    begun(exam, technologist)
    assert "exams are running here" not in text_of(at_station.get("/station/"))
    other = booked(ct1, mrn="2", accession="A2", family="Later", minutes=60)
    begun(other, technologist)
    assert "2 exams are running here." in text_of(at_station.get("/station/"))


@pytest.mark.parametrize("code", ["700123", "ACC1"])
def test_a_scan_on_the_page_opens_the_gate_of_its_exam(
    at_station: Client, exam: Order, code: str
) -> None:
    response = at_station.get("/station/", {"find": code})
    assert response["Location"] == f"/station/gate/{exam.pk}/"


def test_a_scan_of_somebody_not_on_the_list_says_so(
    at_station: Client, exam: Order
) -> None:
    response = at_station.get("/station/", {"find": "700124"}, follow=True)
    assert "Not on this list" in text_of(response)


def test_the_exam_on_the_table_is_ended_here(
    at_station: Client, exam: Order, technologist: User
) -> None:
    begun(exam, technologist)
    assert "On the table" in text_of(at_station.get("/station/"))
    assert at_station.post(f"/station/{exam.pk}/end/").status_code == 302
    exam.refresh_from_db()
    assert exam.status == ExamState.PERFORMED


def test_while_the_scanner_still_runs_the_end_must_be_confirmed(
    at_station: Client, exam: Order, technologist: User
) -> None:
    begun(exam, technologist)
    PerformedStep.objects.create(
        sop_instance_uid="1.2.3",
        order=exam,
        status="IN PROGRESS",
        started_at=timezone.now(),
    )
    response = at_station.post(f"/station/{exam.pk}/end/")
    assert response.status_code == 409
    assert "has not reported the end" in text_of(response)
    confirmed = at_station.post(f"/station/{exam.pk}/end/", {"confirmed": "yes"})
    assert confirmed.status_code == 302


def test_an_exam_is_discontinued_with_a_coded_reason_only(
    at_station: Client, exam: Order, technologist: User
) -> None:
    begun(exam, technologist)
    address = f"/station/{exam.pk}/discontinue/"
    assert "Incorrect side ordered" in text_of(at_station.get(address))
    assert at_station.post(address, {"reason": "because"}).status_code == 400
    assert at_station.post(address, {"reason": "110505"}).status_code == 302
    exam.refresh_from_db()
    assert exam.status == ExamState.DISCONTINUED


@pytest.mark.parametrize("act", ["end", "discontinue"])
def test_what_has_not_begun_is_neither_ended_nor_discontinued(
    at_station: Client, exam: Order, act: str
) -> None:
    response = at_station.post(f"/station/{exam.pk}/{act}/", {"reason": "110505"})
    assert response.status_code == 409
    assert "state is “Scheduled”" in text_of(response)


def test_the_scanner_card_tells_of_its_last_words(
    at_station: Client, exam: Order
) -> None:
    query = DicomExchange.objects.create(
        kind="C-FIND",
        calling_ae="CT1_AE",
        called_ae="RADFLOW",
        address="127.0.0.1",
        status=0,
        matches=3,
    )
    response = at_station.get("/station/list/")
    assert "3 exams sent" in text_of(response)
    assert f"/exchanges/{query.pk}/" in response.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_list(
    at_station: Client, ct1: Station
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert at_station.get("/station/list/").status_code == 200
        return len(seen)

    booked(ct1, mrn="0", accession="A0")
    few = queries()
    for n in range(1, 9):
        booked(ct1, mrn=str(n), accession=f"A{n}", minutes=20 * n)
    assert queries() == few


@pytest.mark.parametrize("person", ["coordinator", "radiologist", "referrer"])
def test_the_station_is_the_technologists_own(
    request: pytest.FixtureRequest,
    client_for: Callable[[User], Client],
    exam: Order,
    person: str,
) -> None:
    client = client_for(request.getfixturevalue(person))
    assert client.get("/station/").status_code == 403
    assert client.get("/station/list/").status_code == 403
    for act in ("arrive", "end", "discontinue"):
        assert client.post(f"/station/{exam.pk}/{act}/").status_code == 403
