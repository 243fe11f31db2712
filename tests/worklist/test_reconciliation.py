"""What does not fit together is found, and put right by a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order, OrderEvent
from orders.reconciliation.registry import FIRST, Item, kinds
from orders.services import doubt_identity, record_event
from radflow.accounts.models import User
from tests.door import deliver, order_message
from tests.factories import PeerFactory, ProcedureFactory, make_order
from worklist.models import PerformedStep

pytestmark = pytest.mark.django_db(transaction=True)

_ids = iter(range(1, 1_000_000))
Sign = Callable[[User], Client]


@pytest.fixture(autouse=True)
def hospital(db: None) -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def placed(placer: str = "P1", mrn: str = "700123", control: str = "NW") -> Order:
    pid = f"PID|1||{mrn}^^^GENHOSP^MR||Okafor{mrn}^Ada||19800514|F"
    number = f"R{next(_ids)}"
    deliver(order_message(placer=placer, pid=pid, control_id=number, control=control))
    return Order.objects.filter(placer_order_number=placer).latest("id")


def happens(order: Order, *events: Event) -> None:
    for event in events:
        record_event(order_id=order.pk, event=event, cause=Cause(actor="CT2"))


def images(order: Order, *, uid: str = "1.2.3") -> PerformedStep:
    """An MPPS of this patient and time that named no order, ended with two images."""
    return PerformedStep.objects.create(
        sop_instance_uid=f"1.2.840.{next(_ids)}",
        status="COMPLETED",
        station_ae_title="CT2_AE",
        started_at=timezone.now(),
        ended_at=timezone.now(),
        series_count=1,
        instance_count=2,
        mismatch="No exam has this Study UID or accession: unscheduled.",
        dataset={
            "00100020": {"vr": "LO", "Value": ["700123"]},
            "00080060": {"vr": "CS", "Value": ["CT"]},
            "00400252": {"vr": "CS", "Value": ["COMPLETED"]},
            "00400241": {"vr": "AE", "Value": ["CT2_AE"]},
            "00400270": {
                "vr": "SQ",
                "Value": [{"0020000D": {"vr": "UI", "Value": [uid]}}],
            },
            "00400340": {
                "vr": "SQ",
                "Value": [
                    {
                        "0020000E": {"vr": "UI", "Value": ["1.2.3.4"]},
                        "00081140": {
                            "vr": "SQ",
                            "Value": [
                                {"00081155": {"vr": "UI", "Value": [f"1.2.3.4.{n}"]}}
                                for n in (1, 2)
                            ],
                        },
                    }
                ],
            },
        },
    )


def count(name: str) -> int:
    (kind,) = [one for one in kinds() if one.name == name]
    assert len(kind.items()) == kind.standing().count()
    return kind.standing().count()


def test_nothing_is_said_to_be_nothing(coordinator: User, client_for: Sign) -> None:
    page = client_for(coordinator).get("/reconciliation/")
    assert b"Everything fits together" in page.content


def test_an_empty_kind_says_how_many_others_wait(
    coordinator: User, client_for: Sign
) -> None:
    images(placed())
    page = client_for(coordinator).get("/reconciliation/?kind=missed")
    assert b"Nothing of this kind waits." in page.content
    assert b"1 mismatch of another kind waits." in page.content


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("abandoned", lambda o: _older(o, Event.BEGIN, started_at=5)),
        ("imageless", lambda o: _older(o, Event.BEGIN, Event.END, ended_at=2)),
        ("after-cancel", lambda o: happens(o, Event.CANCEL, Event.BEGIN)),
        ("missed", lambda o: _older(o, Event.BOOK, scheduled_start=13)),
        ("unlinked", images),
        ("identity", lambda o: _doubt(o)),
    ],
)
def test_each_kind_is_found_and_shown(
    name: str,
    make: Callable[[Order], object],
    coordinator: User,
    client_for: Sign,
) -> None:
    order = placed()
    assert count(name) == 0
    make(order)
    assert count(name) == 1
    page = client_for(coordinator).get(f"/reconciliation/?kind={name}")
    assert page.status_code == 200
    assert b'class="mismatches"' in page.content


@pytest.mark.parametrize(
    ("name", "events", "hours"),
    [
        ("imageless", (Event.BEGIN, Event.END), {"ended_at": 2}),
        ("abandoned", (Event.BEGIN,), {"started_at": 5}),
    ],
)
@pytest.mark.parametrize(
    ("mrn", "why"),
    [
        ("700123", "patient ID, modality, time"),
        ("700777", "modality, time, but another patient ID"),
    ],
)
def test_likely_images_are_proposed_for_an_order_without(
    name: str, events: tuple[Event, ...], hours: dict[str, int], mrn: str, why: str
) -> None:
    order = placed(mrn=mrn)
    _older(order, *events, **hours)
    assert "CT2_AE" not in item(name).proposal
    step = images(order)
    found = item(name)
    assert found.proposal == f"Images of CT2_AE, 1 series, 2 images: {why}"
    assert found.action.url == f"/unlinked/{step.pk}/"


def test_images_of_another_day_are_not_proposed() -> None:
    order = placed(mrn="700777")
    _older(order, Event.BEGIN, Event.END, started_at=50, ended_at=48)
    images(order)
    assert item("imageless").proposal == "No images without order fit"


def test_images_that_came_beside_are_named_for_an_exam_after_its_cancel() -> None:
    order = placed()
    happens(order, Event.CANCEL, Event.BEGIN)
    images(order)
    assert "patient ID, modality" in item("after-cancel").proposal


def item(name: str) -> Item:
    (kind,) = [one for one in kinds() if one.name == name]
    (found,) = kind.items()
    return found


def _older(order: Order, *events: Event, **hours: int) -> None:
    happens(order, *events)
    ago = {n: timezone.now() - timedelta(hours=h) for n, h in hours.items()}
    Order.objects.filter(pk=order.pk).update(**ago)


def _doubt(order: Order) -> None:
    reason = "Two answer to one number."
    doubt_identity(order_id=order.pk, reason=reason, cause=Cause(actor="test"))


def test_images_are_proposed_for_the_order_they_fit_and_linked_by_a_person(
    coordinator: User, client_for: Sign
) -> None:
    order = placed()
    placed("P2", mrn="700999")
    step = images(order, uid=order.study_instance_uid)
    client = client_for(coordinator)
    page = client.get(f"/unlinked/{step.pk}/")
    (proposal,) = page.context["candidates"]
    assert proposal == (order, ["Study UID", "patient ID", "modality"])
    choice = f"/unlinked/{step.pk}/?accession={order.accession_number}"
    assert choice in page.content.decode()
    assert client.get(choice).context["form"]["accession"].value() == (
        order.accession_number
    )
    data = {"accession": order.accession_number, "reason": "Requisition in hand"}
    assert client.post(f"/unlinked/{step.pk}/", data).status_code == 302
    order.refresh_from_db()
    step.refresh_from_db()
    assert (order.status, step.order) == ("performed", order)
    told = OrderEvent.objects.get(order=order, title="Images linked by hand")
    assert (told.user, told.detail) == (coordinator, "Requisition in hand")
    assert client.post(f"/unlinked/{step.pk}/", data).status_code == 409
    assert count("unlinked") == 0


def test_images_of_an_unknown_accession_are_not_linked(
    coordinator: User, client_for: Sign
) -> None:
    step = images(placed())
    data = {"accession": "NOSUCH", "reason": "x"}
    page = client_for(coordinator).post(f"/unlinked/{step.pk}/", data)
    assert (page.status_code, b"No order has this accession" in page.content) == (
        400,
        True,
    )


def test_only_who_schedules_links(technologist: User, client_for: Sign) -> None:
    step = images(placed())
    assert client_for(technologist).get(f"/unlinked/{step.pk}/").status_code == 403


def test_what_was_dealt_with_leaves_the_list_and_stays_on_the_timeline(
    coordinator: User, client_for: Sign
) -> None:
    order = placed()
    happens(order, Event.CANCEL, Event.BEGIN)
    order.refresh_from_db()
    data = {"reason": "Told the ward", "version": order.version}
    client = client_for(coordinator)
    assert client.post(f"/orders/{order.pk}/act/seen/", data).status_code == 302
    assert count("after-cancel") == 0
    assert OrderEvent.objects.filter(order=order, title="Dealt with").exists()


def test_a_longer_page_costs_no_more_queries(
    coordinator: User, client_for: Sign
) -> None:
    client = client_for(coordinator)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get("/reconciliation/").status_code == 200
        return len(found)

    def mismatch(number: int) -> None:
        order = placed(f"P{number}", mrn=f"7{number:05}")
        happens(order, Event.CANCEL, Event.BEGIN)
        images(order)

    for number in range(1, 3):
        mismatch(number)
    queries()
    before = queries()
    for number in range(3, 7):
        mismatch(number)
    queries()  # reads anew what is kept between two changes
    assert queries() == before


def test_together_each_kind_shows_its_first_and_leads_to_the_others(
    coordinator: User, client_for: Sign
) -> None:
    for _ in range(FIRST + 2):
        _older(make_order(), Event.BEGIN, Event.END, ended_at=2)
    client = client_for(coordinator)
    together = client.get("/reconciliation/").content.decode()
    assert '?kind=imageless">2 more after these.' in together
    alone = client.get("/reconciliation/?kind=imageless").content.decode()
    assert "more after these" not in alone
    (kind,) = client.get("/api/v1/reconciliation/?kind=imageless").json()
    assert len(kind["items"]) == FIRST + 2
    several = client.get("/api/v1/reconciliation/").json()
    (kind,) = [one for one in several if one["kind"] == "imageless"]
    assert (kind["count"], len(kind["items"])) == (FIRST + 2, FIRST)
