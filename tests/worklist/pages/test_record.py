"""What a technologist records at the end of an exam, and who reads it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from orders.cause import Cause
from orders.lifecycle import Event, ExamState
from orders.models import ExamRecord, Order
from orders.services import record_event
from radflow.accounts.models import User
from tests.factories import ProcedureFactory
from tests.worklist.at_the_gate import begun
from tests.worklist.pages.markup import text_of
from worklist.models import PerformedStep

pytestmark = pytest.mark.django_db
GIVEN = {
    "record": "yes",
    "contrast": "yes",
    "contrast_agent": "Iomeron 350",
    "contrast_volume_ml": "80",
    "contrast_route": "iv",
}


@pytest.fixture
def running(exam: Order, technologist: User) -> Order:
    return begun(exam, technologist)


@pytest.fixture
def with_contrast(db: None) -> None:
    ProcedureFactory.create(code="CTPA", contrast=True)


def end(client: Client, order: Order, **values: str) -> Any:
    return client.post(f"/station/{order.pk}/end/", values)


def test_a_bare_press_ends_an_exam_without_contrast(
    at_station: Client, running: Order
) -> None:
    ProcedureFactory.create(code="CTPA")
    assert end(at_station, running).status_code == 302
    running.refresh_from_db()
    assert running.status == ExamState.PERFORMED
    assert not ExamRecord.objects.exists()


@pytest.mark.parametrize(
    "values", [{}, {"record": "yes"}, {"record": "yes", "contrast": ""}]
)
def test_an_exam_with_contrast_asks_for_it(
    at_station: Client, running: Order, with_contrast: None, values: dict[str, str]
) -> None:
    answer = end(at_station, running, **values)
    assert answer.status_code == 400
    assert "Say whether contrast was given." in text_of(answer)
    running.refresh_from_db()
    assert running.status == ExamState.IN_PROGRESS


def test_the_end_keeps_what_was_recorded(
    at_station: Client, running: Order, with_contrast: None, technologist: User
) -> None:
    more = {
        "dlp": "412,5",
        "ctdi_vol": "9.8",
        "repeat_motion": "2",
        "note": "Coughed during the second pass",
    }
    assert end(at_station, running, **GIVEN, **more).status_code == 302
    running.refresh_from_db()
    assert running.status == ExamState.PERFORMED
    kept = ExamRecord.objects.get()
    assert (kept.user, kept.contrast_agent) == (technologist, "Iomeron 350")
    assert (str(kept.dlp), str(kept.ctdi_vol)) == ("412.50", "9.80")
    assert kept.repeats == {"motion": 2}
    told = running.events.get(title="Exam recorded").detail
    for said in ("Contrast Iomeron 350, 80 mL", "2 repeated: Motion", "Coughed"):
        assert said in told


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"contrast": "yes", "contrast_agent": ""}, "Name the agent."),
        ({"contrast": "no", "contrast_agent": "Iomeron"}, "was it given?"),
        ({"dlp": "much"}, "Enter a number"),
        ({"repeat_other": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_ends(
    at_station: Client, running: Order, values: dict[str, str], said: str
) -> None:
    answer = end(at_station, running, **{"record": "yes", **values})
    assert answer.status_code == 400
    assert said in text_of(answer)
    running.refresh_from_db()
    assert running.status == ExamState.IN_PROGRESS
    assert not ExamRecord.objects.exists()


def test_a_scanner_that_runs_is_asked_about_and_nothing_typed_is_lost(
    at_station: Client, running: Order, with_contrast: None
) -> None:
    PerformedStep.objects.update(from_modality=True)
    answer = end(at_station, running, **GIVEN)
    assert answer.status_code == 409
    assert not ExamRecord.objects.exists()
    assert 'name="contrast_agent" value="Iomeron 350"' in answer.content.decode()
    assert end(at_station, running, **GIVEN, confirmed="yes").status_code == 302
    assert ExamRecord.objects.get().contrast_agent == "Iomeron 350"


def test_discontinuing_never_waits_for_a_record(
    at_station: Client, running: Order, with_contrast: None
) -> None:
    address = f"/station/{running.pk}/discontinue/"
    values = {"reason": "110515", "record": "yes"}
    assert at_station.post(address, values).status_code == 302
    running.refresh_from_db()
    assert running.status == ExamState.DISCONTINUED
    assert not ExamRecord.objects.exists()


def test_discontinuing_keeps_what_was_recorded(
    at_station: Client, running: Order
) -> None:
    address = f"/station/{running.pk}/discontinue/"
    values = {"reason": "110503", **GIVEN, "note": "Urticaria after 20 mL"}
    assert at_station.post(address, values).status_code == 302
    assert ExamRecord.objects.get().note == "Urticaria after 20 mL"


def test_an_exam_that_the_scanner_ended_is_offered_until_it_is_recorded(
    at_station: Client, running: Order, with_contrast: None
) -> None:
    record_event(order_id=running.pk, event=Event.END, cause=Cause(actor="CT1_AE"))
    page = at_station.get("/station/")
    assert "Complete the record" in text_of(page)
    assert "Contrast not recorded" in text_of(page)
    address = f"/station/{running.pk}/record/"
    assert address in page.content.decode()
    assert at_station.post(address, {"record": "yes"}).status_code == 400
    assert at_station.post(address, GIVEN).status_code == 302
    assert "Complete the record" not in text_of(at_station.get("/station/"))


def test_a_second_record_stands_beside_the_first(
    at_station: Client, running: Order
) -> None:
    end(at_station, running, record="yes", note="First")
    address = f"/station/{running.pk}/record/"
    assert ">First</textarea>" in at_station.get(address).content.decode().replace(
        "\n", ""
    )
    at_station.post(address, {"record": "yes", "note": "Second"})
    assert [one.note for one in ExamRecord.objects.all()] == ["Second", "First"]
    with pytest.raises(DatabaseError), transaction.atomic():
        ExamRecord.objects.update(note="Third")


def test_nothing_is_recorded_of_an_exam_that_has_not_begun(
    at_station: Client, exam: Order
) -> None:
    answer = at_station.post(f"/station/{exam.pk}/record/", {"note": "x"})
    assert answer.status_code == 409
    assert not ExamRecord.objects.exists()


def test_the_reader_sees_the_note_first_and_the_record_beside(
    at_station: Client, running: Order, radiologist: User, client_for: Any
) -> None:
    end(at_station, running, **GIVEN, dlp="412.5", note="Moved in the last series")
    reader = client_for(radiologist)
    page = reader.get(f"/reading/{running.pk}/")
    text = text_of(page)
    assert text.count("Moved in the last series") == 1
    assert text.index("Moved in the last series") < text.index("Iomeron 350")
    assert "Iomeron 350 80.0 mL, Intravenous" in text
    assert "412.50 mGy·cm" in text
    assert "Iomeron 350" in text_of(reader.get(f"/orders/{running.pk}/"))
