"""A radiologist says how an exam is done; worklist, station and gate carry it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order, Procedure, ProtocolChoice, Protocolling
from orders.services import record_event
from radflow.accounts.models import User
from radflow.dicom.matching import StartWindow, WorklistQuery
from tests.factories import (
    ProcedureFactory,
    RoomFactory,
    SiteFactory,
    StationFactory,
    UserFactory,
)
from tests.worklist.pages.exams import booked, ordered
from tests.worklist.pages.markup import text_of
from worklist.items import build_item
from worklist.models import Station
from worklist.selectors.worklist import worklist_items

pytestmark = pytest.mark.django_db


@pytest.fixture
def procedure(db: None) -> Procedure:
    return ProcedureFactory.create(
        code="CTPA", text="CT pulmonary angiogram", needs_protocol=True
    )


@pytest.fixture
def choice(procedure: Procedure) -> ProtocolChoice:
    return ProtocolChoice.objects.create(
        procedure=procedure, code="PE100", text="PE low dose", contrast=True
    )


@pytest.fixture
def exam(station: Station) -> Order:
    return booked(station, mrn="700123", accession="ACC1")


@pytest.fixture
def reader(radiologist: User, client_for: Any) -> Client:
    client: Client = client_for(radiologist)
    return client


def assign(client: Client, order: Order, **values: Any) -> Any:
    order.refresh_from_db()
    told = {"version": order.version, **values}
    return client.post(f"/protocolling/{order.pk}/", told)


def listed(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/protocolling/{query}")
    assert page.status_code == 200
    return [one.accession_number for one in page.context["waiting"].orders]


def test_exams_wait_the_urgent_first_then_by_time(
    reader: Client, procedure: Procedure, station: Station
) -> None:
    ordered(mrn="1", accession="LATER")
    booked(station, mrn="2", accession="NOON")
    booked(station, mrn="3", accession="STAT", minutes=60, priority="S")
    booked(station, mrn="4", accession="ASAP", minutes=90, priority="A")
    assert listed(reader) == ["STAT", "ASAP", "NOON", "LATER"]


def test_only_procedures_that_need_it_and_exams_not_begun_are_listed(
    reader: Client, procedure: Procedure, exam: Order
) -> None:
    assert listed(reader) == ["ACC1"]
    record_event(order_id=exam.pk, event=Event.BEGIN, cause=Cause(actor="CT1"))
    assert listed(reader) == []
    procedure.needs_protocol = False
    procedure.save()
    ordered(mrn="2", accession="ACC2")
    assert listed(reader) == []


def test_the_list_is_narrowed_by_modality_site_and_day(
    reader: Client, procedure: Procedure, exam: Order
) -> None:
    river = SiteFactory.create(code="RIVER", name="Riverside")
    there = StationFactory.create(room=RoomFactory.create(site=river, name="CT 9"))
    booked(there, mrn="2", accession="ACC2")
    ordered(mrn="3", accession="ACC3")
    assert listed(reader, "?site=RIVER") == ["ACC2", "ACC3"]
    assert listed(reader, "?day=today") == ["ACC1", "ACC2"]
    assert listed(reader, "?day=tomorrow") == []
    assert len(listed(reader, "?modality=CT")) == 3
    assert len(listed(reader, "?modality=nonsense&site=NOWHERE&day=never")) == 3


def test_a_protocol_of_the_list_goes_to_the_scanner_with_its_note(
    reader: Client, choice: ProtocolChoice, exam: Order, station: Station
) -> None:
    query = WorklistQuery(start=StartWindow())
    before = next(iter(worklist_items(query, station))).item
    assert before.step_comments == ""
    answer = assign(reader, exam, choice=choice.pk, note="Start below the arch")
    assert answer["Location"] == "/protocolling/"
    after = next(iter(worklist_items(query, station))).item
    code = after.protocol_codes[0]
    assert (code.value, code.scheme, code.meaning) == (
        "PE100",
        "99RADFLOW",
        "PE low dose",
    )
    assert after.step_description == "PE low dose"
    assert after.step_comments == "PE low dose, with contrast. Start below the arch"
    assert listed(reader) == []


def test_words_alone_send_no_code_that_says_something_else(
    reader: Client, procedure: Procedure, exam: Order
) -> None:
    Order.objects.filter(pk=exam.pk).update(protocol_code="OLD", protocol_text="Old")
    assign(reader, exam, choice="free", text="Without contrast, legs too")
    item = build_item(exam.steps.get())
    assert item.protocol_codes == ()
    assert item.step_comments == "Without contrast, legs too"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"choice": "free"},
        {"choice": "999"},
        {"choice": "free", "text": " "},
    ],
)
def test_what_says_nothing_is_refused(
    reader: Client, choice: ProtocolChoice, exam: Order, values: dict[str, str]
) -> None:
    assert assign(reader, exam, **values).status_code == 400
    assert not Protocolling.objects.exists()


def test_a_choice_and_words_at_once_are_refused(
    reader: Client, choice: ProtocolChoice, exam: Order
) -> None:
    answer = assign(reader, exam, choice=choice.pk, text="or so")
    assert answer.status_code == 400
    assert "not both" in text_of(answer)


def test_a_protocol_of_another_procedure_is_not_offered(
    reader: Client, procedure: Procedure, exam: Order
) -> None:
    other = ProtocolChoice.objects.create(
        procedure=ProcedureFactory.create(), code="X", text="X"
    )
    assert assign(reader, exam, choice=other.pk).status_code == 400


def test_who_has_not_seen_the_newest_order_looks_first(
    reader: Client, choice: ProtocolChoice, exam: Order
) -> None:
    exam.refresh_from_db()
    stale = {"version": exam.version - 1, "choice": choice.pk}
    answer = reader.post(f"/protocolling/{exam.pk}/", stale)
    assert answer.status_code == 409
    assert f'name="version" value="{exam.version}"' in answer.content.decode()
    assert not Protocolling.objects.exists()


def test_an_exam_that_has_begun_is_not_protocolled(
    reader: Client, choice: ProtocolChoice, exam: Order
) -> None:
    record_event(order_id=exam.pk, event=Event.BEGIN, cause=Cause(actor="CT1"))
    assert assign(reader, exam, choice=choice.pk).status_code == 409
    assert "Too late." in text_of(reader.get(f"/protocolling/{exam.pk}/"))


def test_another_procedure_or_side_needs_another_protocol(
    reader: Client, choice: ProtocolChoice, exam: Order
) -> None:
    assign(reader, exam, choice=choice.pk)
    Order.objects.filter(pk=exam.pk).update(laterality="LEFT")
    assert listed(reader) == ["ACC1"]
    assert build_item(Order.objects.get().steps.get()).step_comments == ""


def test_the_last_decision_counts_and_both_are_kept(
    reader: Client, choice: ProtocolChoice, exam: Order
) -> None:
    assign(reader, exam, choice=choice.pk)
    assign(reader, exam, choice="free", text="As discussed", contrast="on")
    assert Protocolling.objects.count() == 2
    told = exam.events.filter(title="Protocol assigned").order_by("id")
    assert [one.detail for one in told] == [
        "PE low dose, with contrast",
        "As discussed, with contrast",
    ]


def test_station_and_gate_say_the_protocol_or_that_there_is_none(
    reader: Client,
    choice: ProtocolChoice,
    exam: Order,
    station: Station,
    technologist: User,
    client_for: Any,
) -> None:
    client = client_for(technologist)
    pages = (f"/station/?station={station.pk}", f"/station/gate/{exam.pk}/")
    for page in pages:
        assert "Not protocolled" in text_of(client.get(page)), page
    assign(reader, exam, choice=choice.pk, note="Start below the arch")
    for page in (*pages, f"/orders/{exam.pk}/"):
        text = text_of(client.get(page))
        assert "PE low dose" in text and "Start below the arch" in text, page
        assert "Not protocolled" not in text, page


def test_only_radiologists_protocol(
    exam: Order, procedure: Procedure, client_for: Any
) -> None:
    for role in ("technologist", "coordinator", "administrator"):
        client = client_for(UserFactory.create(role=role))
        assert client.get("/protocolling/").status_code == 403
        assert assign(client, exam, choice="free", text="x").status_code == 403


def test_the_order_tells_protocol_safety_and_record(
    reader: Client, choice: ProtocolChoice, exam: Order
) -> None:
    told = reader.get(f"/api/v1/orders/{exam.pk}/").json()
    assert (told["protocol"], told["needs_protocol"]) == (None, True)
    assert (told["safety_answers"], told["exam_record"]) == ([], None)
    assign(reader, exam, choice=choice.pk)
    told = reader.get(f"/api/v1/orders/{exam.pk}/").json()
    assert told["protocol"]["code"] == "PE100"
    assert not told["needs_protocol"]
