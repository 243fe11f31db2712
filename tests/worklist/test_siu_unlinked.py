"""Appointments without order: shown, linked by a person, set aside, merged along."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from orders.cause import Cause
from orders.models import Order, Patient
from orders.reconciliation.registry import Item, kinds
from orders.services.merging import merge_by_hand
from orders.services.unmerging import undo_merge
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from tests.factories import PeerFactory, ProcedureFactory, StationFactory
from tests.worklist.siu import PID, appointment, moment, ordered, say

pytestmark = pytest.mark.django_db(transaction=True)

Sign = Callable[[User], Client]
START = moment()
OTHER = "CTHEAD^CT head^99RADFLOW"


@pytest.fixture(autouse=True)
def hospital(db: None) -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    ProcedureFactory.create(code="CTHEAD", modality="CT")
    StationFactory.create(ae_title="CT1_AE", modality="CT", room__name="CT 1")
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")
    PeerFactory.create(
        name="Scheduler",
        sending_application="SCHED",
        sending_facility="GENHOSP",
        books_appointments=True,
    )


def items() -> list[Item]:
    (kind,) = [one for one in kinds() if one.name == "appointments"]
    found = list(kind.items())
    assert kind.standing().count() == len(found)
    return found


def test_it_is_shown_with_the_likely_order(coordinator: User, client_for: Sign) -> None:
    order = ordered(obr=OTHER)
    say("S12", start=START, room="CT 1", order="P77^EHRX")
    (item,) = items()
    assert order.accession_number in item.proposal
    assert "patient ID" in item.proposal
    client = client_for(coordinator)
    page = client.get("/reconciliation/?kind=appointments")
    assert "Scheduler" in page.content.decode()
    row = appointment()
    page = client.get(f"/appointments/{row.pk}/")
    (candidate,) = page.context["candidates"]
    assert candidate == (order, ["patient ID"])
    assert "Okafor" in page.content.decode()
    assert AuditEntry.objects.filter(action="appointment_viewed").exists()


def test_a_person_links_it_and_the_exam_has_its_slot(
    coordinator: User, client_for: Sign
) -> None:
    order = ordered(obr=OTHER)
    say("S12", start=START, room="CT 1", order="P77^EHRX")
    client, row = client_for(coordinator), appointment()
    data = {"accession": order.accession_number, "reason": "Asked the scheduler"}
    assert client.post(f"/appointments/{row.pk}/", data).status_code == 302
    order.refresh_from_db()
    assert (order.status, order.scheduled_start) == ("scheduled", START)
    told = order.events.get(title="Appointment linked")
    assert (told.user, told.detail) == (coordinator, "Asked the scheduler")
    assert items() == []
    assert client.post(f"/appointments/{row.pk}/", data).status_code == 409


def test_it_is_not_linked_to_another_patients_order(
    coordinator: User, client_for: Sign
) -> None:
    ordered(obr=OTHER)
    other = ordered("P9", pid="PID|1||700999^^^GENHOSP^MR||Berg^Nora||19700101|F")
    say("S12", start=START, order="P77^EHRX")
    data = {"accession": other.accession_number, "reason": "x"}
    page = client_for(coordinator).post(f"/appointments/{appointment().pk}/", data)
    assert page.status_code == 409
    assert "another patient" in page.content.decode()
    other.refresh_from_db()
    assert other.status == "ordered"


def test_who_wrote_no_reason_is_told_so(coordinator: User, client_for: Sign) -> None:
    order = ordered(obr=OTHER)
    say("S12", start=START, order="P77^EHRX")
    data = {"accession": order.accession_number, "reason": ""}
    page = client_for(coordinator).post(f"/appointments/{appointment().pk}/", data)
    assert page.status_code == 400


def test_one_that_needs_no_order_is_set_aside(
    coordinator: User, client_for: Sign
) -> None:
    say("S12", start=START, order="P77^EHRX")
    client, row = client_for(coordinator), appointment()
    address = f"/appointments/{row.pk}/set-aside/"
    assert client.post(address, {"reason": ""}).status_code == 400
    assert client.post(address, {"reason": "Research"}).status_code == 302
    assert items() == []
    assert "Settled." in client.get(f"/appointments/{row.pk}/").content.decode()


def test_a_tombstone_of_an_unknown_order_is_to_be_looked_at() -> None:
    say("S15", order="P77^EHRX")
    (item,) = items()
    assert "before it was booked" in item.detail


def test_its_end_takes_it_from_the_list() -> None:
    say("S12", start=START, order="P77^EHRX")
    assert len(items()) == 1
    say("S15", order="P77^EHRX")
    assert items() == []


def test_only_who_schedules_links(technologist: User, client_for: Sign) -> None:
    say("S12", start=START, order="P77^EHRX")
    client = client_for(technologist)
    assert client.get(f"/appointments/{appointment().pk}/").status_code == 403
    assert client.get("/reconciliation/").status_code == 200


def test_it_goes_with_its_patient_through_a_merge_and_back(coordinator: User) -> None:
    ordered(obr=OTHER)
    loser = Patient.objects.get()
    ordered("P9", obr=OTHER, pid=PID.replace("700123", "700124"))
    winner = Patient.objects.latest("pk")
    say("S12", start=START, order="P77^EHRX")
    assert appointment().patient == loser
    cause = Cause(user=coordinator)
    journal = merge_by_hand(survivor_id=winner.pk, retired_id=loser.pk, cause=cause)
    assert appointment().patient == winner
    undo_merge(journal_id=journal.pk, reason="x", cause=cause)
    assert appointment().patient == loser
    assert not Order.objects.filter(status="scheduled").exists()
