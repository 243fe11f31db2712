"""A message that names somebody else waits for a person, who compares and decides."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from orders.models import MergeJournal, Order, Patient
from radflow.accounts.models import User
from radflow.messaging.drain import drain
from radflow.messaging.models import InboundMessage
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory

pytestmark = pytest.mark.django_db(transaction=True)

Sign = Callable[[User], Client]
TWIN = "PID|1||700123^^^GENHOSP^MR||Okafor^Adaeze||19800514|F"


@pytest.fixture
def parked(db: None) -> InboundMessage:
    ProcedureFactory.create(code="CTPA", modality="CT")
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")
    deliver(order_message())
    deliver(order_message(control_id="C2", placer="P2", pid=TWIN))
    row = last_inbound()
    assert row.error_code == "PATIENT_MISMATCH"
    return row


def decide(client: Client, row: InboundMessage, decision: str) -> int:
    data = {"decision": decision, "reason": "Wristband and requisition"}
    response = client.post(f"/orders/conflicts/{row.pk}/", data)
    drain()
    row.refresh_from_db()
    return response.status_code


def test_the_twin_pattern_keeps_the_order_out_and_shows_both(
    parked: InboundMessage, coordinator: User, client_for: Sign
) -> None:
    assert not Order.objects.filter(placer_order_number="P2").exists()
    page = client_for(coordinator).get(f"/orders/conflicts/{parked.pk}/")
    assert b"Adaeze" in page.content
    assert page.content.count(b'data-v="differs"') == 1


def test_one_person_takes_the_new_name_and_the_order_is_placed(
    parked: InboundMessage, coordinator: User, client_for: Sign
) -> None:
    assert decide(client_for(coordinator), parked, "same") == 302
    order = Order.objects.get(placer_order_number="P2")
    assert (order.patient, order.patient.given_name) == (
        Patient.objects.get(),
        "Adaeze",
    )
    assert parked.state == "applied"


def test_two_people_leave_everything_as_it_was(
    parked: InboundMessage, coordinator: User, client_for: Sign
) -> None:
    client = client_for(coordinator)
    assert decide(client, parked, "other") == 302
    assert (parked.state, Order.objects.count()) == ("skipped", 1)
    assert Patient.objects.get().given_name == "Ada"
    assert decide(client, parked, "same") == 409


def test_a_doubtful_merge_is_made_by_a_person(
    parked: InboundMessage, coordinator: User, client_for: Sign
) -> None:
    other = "PID|1||700999^^^GENHOSP^MR||Brandt^Karl||19300101|M"
    deliver(order_message(control_id="C3", placer="P3", pid=other))
    head = "MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123||ADT^A40|M1|P|2.5.1"
    pid = "PID|1||700888^^^GENHOSP^MR||Okafor^Ada||19800514|F"
    deliver(f"{head}\rEVN||20261123\r{pid}\rMRG|700999^^^GENHOSP^MR\r".encode())
    row = last_inbound()
    assert row.error_code == "MERGE_DOUBTFUL"
    assert decide(client_for(coordinator), row, "same") == 302
    assert MergeJournal.objects.get().user == coordinator
    order = Order.objects.get(placer_order_number="P3")
    assert order.patient.identifiers.filter(value="700888").exists()


def test_a_doubtful_merge_is_told_on_the_page_of_whom_it_names(
    parked: InboundMessage, interface_admin: User, coordinator: User, client_for: Sign
) -> None:
    head = "MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123||ADT^A40|M1|P|2.5.1"
    other = "PID|1||700999^^^GENHOSP^MR||Brandt^Karl||19300101|M"
    deliver(order_message(control_id="C3", placer="P3", pid=other))
    pid = "PID|1||700123^^^GENHOSP^MR||Okafor^Ada||19800514|F"
    deliver(f"{head}\rEVN||20261123\r{pid}\rMRG|700999^^^GENHOSP^MR\r".encode())
    row = last_inbound()
    assert row.error_code == "MERGE_DOUBTFUL"
    for patient in Patient.objects.all():
        address = f"/patients/{patient.pk}/"
        page = client_for(interface_admin).get(address).content.decode()
        assert f"/messages/in/{row.pk}/" in page
        page = client_for(coordinator).get(address).content.decode()
        assert f"/orders/conflicts/{row.pk}/" in page


def test_only_who_schedules_decides(
    parked: InboundMessage, technologist: User, client_for: Sign
) -> None:
    assert decide(client_for(technologist), parked, "same") == 403
