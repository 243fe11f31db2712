from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from orders.lifecycle import ExamState
from orders.models import Order
from radflow.accounts.models import User
from tests.factories import UserFactory
from tests.worklist.pages.exams import arrived
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


def test_start_does_not_exist_before_both_scans_fit(
    at_station: Client, exam: Order
) -> None:
    address = f"/station/gate/{exam.pk}/begin/"
    page = at_station.get(f"/station/gate/{exam.pk}/").content.decode()
    half = scan(at_station, exam, "700123", "")
    wrong = scan(at_station, exam, "700123", "ACC2")
    assert not any(address in html for html in (page, half, wrong))
    assert "Scan the requisition" in half
    match = scan(at_station, exam, "700123", "ACC1")
    assert address in match
    assert 'data-state="match"' in match


def test_two_scans_and_start_begin_the_exam(at_station: Client, exam: Order) -> None:
    scan(at_station, exam, "700123", "ACC1")
    check = Verification.objects.get()
    assert check.method == "scanned"
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
    assert "This is another patient" in html
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
    assert "Okaf<mark>er, Al</mark>" in html


def test_a_scan_nobody_of_this_scanner_has_offers_no_one(
    at_station: Client, exam: Order, ct2: Station
) -> None:
    arrived(ct2, mrn="700132", accession="ACC2")
    assert "instead" not in scan(at_station, exam, "700132", "")


def test_an_exam_that_has_begun_is_not_offered_to_begin_again(
    at_station: Client, exam: Order
) -> None:
    scan(at_station, exam, "700123", "ACC1")
    begin(at_station, exam, verification=Verification.objects.get().pk)
    text = text_of(at_station.get(f"/station/gate/{exam.pk}/"))
    assert "This exam cannot begin" in text
    assert f"/station/gate/{exam.pk}/begin/" not in scan(
        at_station, exam, "700123", "ACC1"
    )


def test_a_side_must_be_confirmed_before_the_exam_begins(
    at_station: Client, ct1: Station
) -> None:
    order = arrived(ct1, mrn="1", accession="A1", laterality="LEFT")
    assert "Side LEFT confirmed" in scan(at_station, order, "1", "A1")
    check = Verification.objects.get()
    assert begin(at_station, order, verification=check.pk) == 400
    assert status(order) == ExamState.ARRIVED
    assert begin(at_station, order, verification=check.pk, side="yes") == 302


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
