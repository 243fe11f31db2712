from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from orders.lifecycle import ExamState
from orders.models import Order, Patient
from radflow.accounts.models import User
from tests.factories import ProcedureFactory, UserFactory
from tests.worklist.pages.exams import arrived, booked, ordered
from tests.worklist.pages.markup import text_of
from worklist.models import Station, Verification

pytestmark = pytest.mark.django_db
SCRIPT = {"X-Fragment": "1"}


def scan(
    client: Client, order: Order, wristband: str, requisition: str, source: str = "scan"
) -> str:
    """What the gate answers to a script."""
    values = {"wristband": wristband, "requisition": requisition, "source": source}
    response = client.post(f"/station/gate/{order.pk}/", values, headers=SCRIPT)
    assert response.status_code == 200
    text_of(response)
    return response.content.decode()


SAID = {"name_said": "yes", "birth_date": "14-05-1980"}


def say(client: Client, order: Order, **values: str | int) -> Any:
    """What the patient answered, after both scans."""
    check = Verification.objects.latest("id")
    answers = {"verification": check.pk, **SAID, **values}
    return client.post(f"/station/gate/{order.pk}/person/", answers, headers=SCRIPT)


def begin(client: Client, order: Order, **values: str | int) -> int:
    return client.post(f"/station/gate/{order.pk}/begin/", values).status_code


def status(order: Order) -> str:
    order.refresh_from_db()
    return order.status


def test_the_gate_shows_what_to_ask_and_what_to_beware_of(
    at_station: Client, exam: Order
) -> None:
    exam.patient.allergies = ["Iodinated contrast"]
    exam.patient.save()
    text = text_of(at_station.get(f"/station/gate/{exam.pk}/"))
    for shown in ("700123", "ACC1", "Okafor, Ada", "CT pulmonary", "Iodinated"):
        assert shown in text
    assert "Scan the wristband" in text


def test_the_gate_shows_why_an_exam_needs_a_look(
    at_station: Client, exam: Order
) -> None:
    exam.needs_attention = "Compare with the wristband."
    exam.save()
    text = text_of(at_station.get(f"/station/gate/{exam.pk}/"))
    assert "Compare with the wristband." in text


def test_start_does_not_exist_before_both_scans_fit_and_the_patient_has_spoken(
    at_station: Client, exam: Order
) -> None:
    address = f"/station/gate/{exam.pk}/begin/"
    page = at_station.get(f"/station/gate/{exam.pk}/").content.decode()
    half = scan(at_station, exam, "700123", "")
    wrong = scan(at_station, exam, "700123", "ACC2")
    assert not any(address in html for html in (page, half, wrong))
    assert "Scan the requisition" in half
    match = scan(at_station, exam, "700123", "ACC1")
    assert address not in match
    assert "Barcodes match. Now ask the patient." in match
    assert 'data-state="match"' in match
    said = say(at_station, exam).content.decode()
    assert address in said
    assert 'data-state="ready"' in said


def test_two_scans_answers_and_start_begin_the_exam(
    at_station: Client, exam: Order
) -> None:
    scan(at_station, exam, "700123", "ACC1")
    check = Verification.objects.get()
    assert check.method == "scanned"
    assert begin(at_station, exam, verification=check.pk) == 409
    say(at_station, exam)
    assert begin(at_station, exam, verification=check.pk) == 302
    assert status(exam) == ExamState.IN_PROGRESS


def test_without_a_script_two_typed_fields_do_the_same(
    at_station: Client, exam: Order
) -> None:
    page = at_station.get(f"/station/gate/{exam.pk}/?typed=1").content.decode()
    assert '<div class="gate-type" data-gate-typed>' in page
    response = at_station.post(
        f"/station/gate/{exam.pk}/",
        {"wristband": "700123", "requisition": "ACC1", "source": "typed"},
        follow=True,
    )
    check = Verification.objects.get()
    assert check.method == "typed"
    assert response.redirect_chain == [
        (f"/station/gate/{exam.pk}/?check={check.pk}", 302)
    ]
    assert "Barcodes match" in text_of(response)
    answers = {"verification": check.pk, **SAID}
    response = at_station.post(f"/station/gate/{exam.pk}/person/", answers, follow=True)
    assert "Right patient, right order" in text_of(response)
    assert begin(at_station, exam, verification=check.pk) == 302


def test_what_was_typed_in_part_counts_as_typed(
    at_station: Client, exam: Order
) -> None:
    half = scan(at_station, exam, "700123", "", source="typed")
    assert '<input type="hidden" name="by_hand" value="yes" form="gate-form">' in half
    values = {"wristband": "700123", "requisition": "ACC1", "source": "scan"}
    at_station.post(f"/station/gate/{exam.pk}/", {**values, "by_hand": "yes"})
    assert Verification.objects.get().method == "typed"


def test_the_requisition_may_be_scanned_first(at_station: Client, exam: Order) -> None:
    first = scan(at_station, exam, "ACC1", "")
    assert "Scan the wristband" in first
    assert 'data-gate-field="requisition" value="ACC1"' in first
    assert not Verification.objects.exists()


def test_a_wrong_wristband_stops_at_once_and_is_recorded(
    at_station: Client, exam: Order
) -> None:
    html = scan(at_station, exam, "700132", "")
    assert "not this patient’s wristband" in html
    assert "Ask" not in html
    assert "7001<mark>23</mark>" in html
    assert "7001<mark>32</mark>" in html
    check = Verification.objects.get()
    assert (check.matched, check.presented_patient_id) == (False, "700132")
    assert begin(at_station, exam, verification=check.pk) == 409
    assert status(exam) == ExamState.SCHEDULED


def test_scanning_again_forgets_and_records_nothing(
    at_station: Client, exam: Order
) -> None:
    assert 'data-state="waiting"' in scan(at_station, exam, "", "")
    assert not Verification.objects.exists()


def test_a_scan_of_another_exam_of_this_scanner_offers_that_one(
    at_station: Client, exam: Order, ct1: Station
) -> None:
    other = arrived(
        ct1, mrn="700132", accession="ACC2", family="Okafer", given="Al", minutes=30
    )
    html = scan(at_station, exam, "700132", "")
    assert f'href="/station/gate/{other.pk}/"' in html
    assert "Open Okafer, Al instead" in html
    assert "This is another patient" in html
    assert "Okaf<mark>er, Al</mark>" in html


def test_a_scan_nobody_of_this_scanner_has_offers_no_one(
    at_station: Client, exam: Order, ct2: Station
) -> None:
    arrived(ct2, mrn="700132", accession="ACC2", family="Elsewhere")
    html = scan(at_station, exam, "700132", "")
    assert "instead" not in html
    assert "What was scanned belongs to Elsewhere, Ada." in html
    assert "CT 2, 12:00" in html.replace("<mark>", "").replace("</mark>", "")


def test_a_wristband_of_somebody_without_an_exam_today_is_named(
    at_station: Client, exam: Order
) -> None:
    ordered(mrn="700132", accession="ACC2", family="Nowhere", born="19811111")
    Order.objects.filter(accession_number="ACC2").update(status=ExamState.CANCELLED)
    html = scan(at_station, exam, "700132", "")
    assert "Nowhere" in html
    assert "No exam today" in html
    assert "cannot be overridden" in html


def test_an_exam_that_has_begun_is_not_offered_to_begin_again(
    at_station: Client, exam: Order
) -> None:
    scan(at_station, exam, "700123", "ACC1")
    say(at_station, exam)
    begin(at_station, exam, verification=Verification.objects.get().pk)
    text = text_of(at_station.get(f"/station/gate/{exam.pk}/"))
    assert "This exam cannot begin" in text
    assert "still running" in text
    assert "1 Wristband" not in text
    assert f"/station/gate/{exam.pk}/begin/" not in scan(
        at_station, exam, "700123", "ACC1"
    )
    assert Verification.objects.count() == 1


def test_an_exam_that_is_reported_says_so_in_the_words_of_the_lists(
    at_station: Client, exam: Order
) -> None:
    Order.objects.filter(pk=exam.pk).update(
        status=ExamState.PERFORMED, report_status="final"
    )
    response = at_station.get(f"/station/gate/{exam.pk}/")
    text = text_of(response)
    assert "Already done and reported" in text
    assert "Final" in text
    assert "Images in" not in text
    assert f'href="/orders/{exam.pk}/"' in response.content.decode()


def test_a_side_must_be_confirmed_before_the_exam_begins(
    at_station: Client, ct1: Station
) -> None:
    order = arrived(ct1, mrn="1", accession="A1", laterality="LEFT")
    assert "Side LEFT confirmed" in scan(at_station, order, "1", "A1")
    check = Verification.objects.get()
    assert say(at_station, order).status_code == 400
    assert begin(at_station, order, verification=check.pk) == 409
    assert status(order) == ExamState.ARRIVED
    assert say(at_station, order, side="yes").status_code == 200
    assert begin(at_station, order, verification=check.pk) == 302


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"name_said": ""}, "Tick that the patient said the name."),
        ({"birth_date": ""}, "Enter the birth date the patient said."),
        ({"birth_date": "yes"}, "Enter day, month and year"),
        ({"birth_date": "15-05-1980"}, "The birth date is not the one on record."),
        ({"cannot_say": "staff"}, "Enter who checked or said it."),
    ],
)
def test_what_the_patient_did_not_say_is_asked_for_and_nothing_begins(
    at_station: Client, exam: Order, answers: dict[str, str], told: str
) -> None:
    scan(at_station, exam, "700123", "ACC1")
    response = say(at_station, exam, **answers)
    assert told in text_of(response)
    check = Verification.objects.get()
    assert begin(at_station, exam, verification=check.pk) == 409
    assert status(exam) == ExamState.SCHEDULED


def test_a_wrong_birth_date_stands_beside_the_one_on_record(
    at_station: Client, exam: Order
) -> None:
    scan(at_station, exam, "700123", "ACC1")
    Patient.objects.update(birth_date=date(1980, 5, 14))
    html = say(at_station, exam, birth_date="15-05-1980").content.decode()
    assert "1<mark>4</mark>-May-1980" in html
    assert "1<mark>5</mark>-May-1980" in html


def test_who_cannot_speak_is_spoken_for(at_station: Client, exam: Order) -> None:
    scan(at_station, exam, "700123", "ACC1")
    silent = {"name_said": "", "birth_date": "", "cannot_say": "relative"}
    response = say(at_station, exam, **silent, witness="Ben Okafor")
    assert "Said by a relative or carer: Ben Okafor" in text_of(response)
    assert begin(at_station, exam, verification=Verification.objects.get().pk) == 302


def test_a_patient_of_a_similar_name_is_named_at_the_gate(
    at_station: Client, exam: Order, ct2: Station
) -> None:
    booked(ct2, mrn="700132", accession="ACC2", given="Adda", minutes=30)
    text = text_of(at_station.get(f"/station/gate/{exam.pk}/"))
    assert "Similar name today: Okafor, Adda" in text
    assert "CT 2 12:30" in text


def test_no_side_is_said_and_amber_where_the_procedure_wants_one(
    at_station: Client, exam: Order
) -> None:
    address = f"/station/gate/{exam.pk}/"
    assert "Side: none ordered" in text_of(at_station.get(address))
    assert '"gate-no-side"' in at_station.get(address).content.decode()
    ProcedureFactory.create(
        code=exam.procedure_code, system="99RADFLOW", laterality="required"
    )
    assert '"gate-no-side warn-t"' in at_station.get(address).content.decode()


def unread_wristband(client: Client, order: Order) -> Verification:
    values = {"wristband": "", "requisition": "ACC1", "unread": "yes"}
    html = client.post(f"/station/gate/{order.pk}/", values, headers=SCRIPT)
    assert "The wristband was not read" in text_of(html)
    return Verification.objects.latest("id")


def sign(client: Client, check: Verification, **values: str) -> Any:
    sent = {"reason": "missing", "comment": "Chart compared", **values}
    return client.post(f"/station/gate/{check.order_id}/override/{check.pk}/", sent)


def test_a_second_person_signs_for_a_wristband_that_cannot_be_read(
    at_station: Client, exam: Order
) -> None:
    second = UserFactory.create(username="second")
    second.set_password("long enough")
    second.save()
    check = unread_wristband(at_station, exam)
    page = at_station.get(f"/station/gate/{exam.pk}/override/{check.pk}/")
    assert "The wristband cannot be read" in text_of(page)
    wrong = sign(at_station, check, username="second", password="wrong")
    assert "User name or password is wrong." in text_of(wrong)
    assert "wrong" not in re.findall(r'value="([^"]*)"', wrong.content.decode())
    signed = sign(at_station, check, username="second", password="long enough")
    assert signed.status_code == 302
    shown = text_of(at_station.get(signed["Location"]))
    assert "Barcodes match" not in shown
    assert "Overridden" in shown
    assert begin(at_station, exam, verification=check.pk) == 409
    say(at_station, exam)
    assert begin(at_station, exam, verification=check.pk) == 302
    kept = check.override
    assert (kept.signer, kept.reason) == (second, "missing")
    assert at_station.get("/station/").status_code == 200


def test_one_does_not_sign_for_oneself(
    at_station: Client, exam: Order, technologist: User
) -> None:
    technologist.set_password("long enough")
    technologist.save()
    at_station.force_login(technologist)
    check = unread_wristband(at_station, exam)
    refused = sign(
        at_station, check, username=technologist.username, password="long enough"
    )
    assert refused.status_code == 400
    assert "must be somebody else" in text_of(refused)


def test_nobody_is_asked_to_sign_for_another_persons_wristband(
    at_station: Client, exam: Order, ct2: Station
) -> None:
    arrived(ct2, mrn="700132", accession="ACC2")
    html = scan(at_station, exam, "700132", "ACC1")
    assert "/override/" not in html
    check = Verification.objects.get()
    assert sign(at_station, check, username="x", password="y").status_code == 409


@pytest.mark.parametrize("verification", ["", "x", "999999"])
def test_begin_without_a_check_is_refused(
    at_station: Client, exam: Order, verification: str
) -> None:
    assert begin(at_station, exam, verification=verification) in (400, 409)
    assert status(exam) == ExamState.SCHEDULED


def test_a_check_of_another_person_is_refused_with_the_reason(
    at_station: Client, exam: Order, client_for: Callable[[User], Client]
) -> None:
    scan(client_for(UserFactory.create()), exam, "700123", "ACC1")
    check = Verification.objects.get()
    response = at_station.post(
        f"/station/gate/{exam.pk}/begin/", {"verification": check.pk}
    )
    assert response.status_code == 409
    assert "Somebody else made this check" in text_of(response)
    shown = at_station.get(f"/station/gate/{exam.pk}/?check={check.pk}")
    assert "Scan the wristband" in text_of(shown)


def test_what_was_scanned_is_text_never_markup(at_station: Client, exam: Order) -> None:
    html = scan(at_station, exam, "<script>1</script>", "")
    assert "<script>1" not in html


@pytest.mark.parametrize(
    "person",
    ["coordinator", "radiologist", "referrer", "interface_admin", "administrator"],
)
def test_nobody_but_a_technologist_passes_the_gate(
    request: pytest.FixtureRequest,
    client_for: Callable[[User], Client],
    at_station: Client,
    exam: Order,
    person: str,
) -> None:
    scan(at_station, exam, "700123", "ACC1")
    client = client_for(request.getfixturevalue(person))
    assert client.get(f"/station/gate/{exam.pk}/").status_code == 403
    check = Verification.objects.get()
    assert begin(client, exam, verification=check.pk) == 403
    assert status(exam) == ExamState.SCHEDULED
