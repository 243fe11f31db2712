"""What the placer and others hear of orders and people made or changed here."""

from __future__ import annotations

import pytest

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order
from orders.requests import Code, OrderRequest, PatientRequest
from orders.requests import Identifier as Id
from orders.services import (
    change_order,
    hold,
    place_order,
    record_event,
    release,
)
from orders.services.holding import PERSON
from radflow.accounts.models import User
from radflow.hl7.message import Message
from radflow.messaging.models import OutboundMessage, Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory

pytestmark = pytest.mark.django_db(transaction=True)

_ids = iter(range(1, 1_000_000))


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    ProcedureFactory.create(code="CTPA", modality="CT")
    return PeerFactory.create(
        sending_application="EHRX", sending_facility="GENHOSP", host="h", port=1
    )


@pytest.fixture
def archive(db: None) -> Peer:
    return PeerFactory.create(
        name="Image manager",
        sending_application="PACS1",
        sending_facility="*",
        host="p",
        port=2,
        wants_updates=True,
        wants_status=False,
    )


def heard(peer: Peer) -> list[Message]:
    rows = OutboundMessage.objects.filter(peer=peer).order_by("id")
    return [Message.parse(bytes(row.raw)) for row in rows]


def adt(event: str, *segments: str) -> None:
    head = (
        f"MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123090000+0000||ADT^{event}|"
        f"A{next(_ids)}|P|2.5.1"
    )
    lines = (head, "EVN||20261123090000+0000", *segments)
    deliver("".join(f"{line}\r" for line in lines).encode())
    assert last_inbound().state == "applied", last_inbound().error_text


def pid(mrn: str, given: str = "Ada") -> str:
    return f"PID|1||{mrn}^^^GENHOSP^MR||Okafor^{given}||19800514|F"


def test_acts_of_people_here_have_codes_of_their_own(
    hospital: Peer, coordinator: User
) -> None:
    deliver(order_message())
    order, cause = Order.objects.get(), Cause(user=coordinator)
    hold(order_id=order.pk, by=PERSON, cause=cause)
    release(order_id=order.pk, by=PERSON, cause=cause)
    record_event(order_id=order.pk, event=Event.CANCEL, cause=cause)
    assert [one.value("ORC-1") for one in heard(hospital)] == ["OH", "OE", "OC"]
    assert heard(hospital)[-1].value("ORC-5") == "CA"


def test_a_stop_by_the_technologist_is_od(hospital: Peer, technologist: User) -> None:
    deliver(order_message())
    order = Order.objects.get()
    for event in (Event.BOOK, Event.ARRIVE, Event.PREPARE, Event.BEGIN):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))
    cause = Cause(user=technologist)
    record_event(order_id=order.pk, event=Event.STOP, cause=cause)
    last = heard(hospital)[-1]
    assert (last.value("ORC-1"), last.value("ORC-5")) == ("OD", "DC")


def test_an_order_made_here_asks_its_placer_for_a_number(
    hospital: Peer, coordinator: User
) -> None:
    placed = place_order(
        patient=PatientRequest((Id("700123", "GENHOSP"),), "Okafor", "Ada"),
        visit=None,
        order=OrderRequest(procedure=Code("CTPA")),
        cause=Cause(user=coordinator),
        peer=hospital,
    )
    asked = heard(hospital)[0]
    filler = placed.order.filler_order_number
    assert (asked.value("ORC-1"), asked.value("ORC-3")) == ("SN", filler)
    OutboundMessage.objects.update(state="accepted", attempts=1)
    head = "MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123||ORR^O02|NA1|P|2.5.1"
    msa, orc = f"MSA|AA|{asked.control_id}", f"ORC|NA|P9^EHRX|{filler}^RADFLOW"
    deliver("\r".join([head, msa, orc, ""]).encode())
    assert last_inbound().state == "applied", last_inbound().error_text
    placed.order.refresh_from_db()
    assert placed.order.placer_order_number == "P9"


def test_a_number_may_come_as_an_order_message(
    hospital: Peer, coordinator: User
) -> None:
    placed = place_order(
        patient=PatientRequest((Id("700123", "GENHOSP"),), "Okafor", "Ada"),
        visit=None,
        order=OrderRequest(procedure=Code("CTPA")),
        cause=Cause(user=coordinator),
        peer=hospital,
    )
    ours = f"|{placed.order.filler_order_number}^RADFLOW"
    deliver(order_message(control="NA", placer="P9", orc=ours))
    assert last_inbound().state == "applied", last_inbound().error_text
    placed.order.refresh_from_db()
    assert placed.order.placer_order_number == "P9"
    assert placed.order.placer_namespace == "EHRX"


def test_a_changed_person_is_passed_on_but_not_to_who_said_so(
    hospital: Peer, archive: Peer
) -> None:
    Peer.objects.filter(pk=hospital.pk).update(wants_updates=True)
    adt("A28", pid("700123"))
    adt("A08", pid("700123", "Adaeze"))
    (message,) = heard(archive)
    assert message.message_type == "ADT^A08"
    assert message.value("PID-5.2") == "Adaeze"
    assert heard(hospital) == []


def test_a_merge_is_passed_on_with_the_retired_number(archive: Peer) -> None:
    deliver(order_message(pid=pid("700123")))
    deliver(order_message(pid=pid("700999"), placer="P2", control_id="C2"))
    adt("A40", pid("700123"), "MRG|700999^^^GENHOSP^MR")
    (message,) = heard(archive)
    assert message.message_type == "ADT^A40"
    assert message.value("PID-3.1") == "700123"
    assert message.value("MRG-1.1") == "700999"
    assert [s.name for s in message.segments] == ["MSH", "EVN", "PID", "MRG"]


def test_a_transfer_is_passed_on(archive: Peer) -> None:
    visit = "PV1|1|I|W3||||||||||||||||V1^^^GENHOSP"
    adt("A01", pid("700123"), visit)
    adt("A02", pid("700123"), visit.replace("W3", "ICU"))
    (message,) = heard(archive)
    assert message.message_type == "ADT^A02"
    assert (message.value("PV1-3"), message.value("PV1-6")) == ("ICU", "W3")


# event, states passed before it, ORC-1 for a person here, ORC-5
ACTS = [
    (Event.CANCEL, (), "OC", "CA"),
    (Event.DISCONTINUE, (), "OD", "CA"),
    (Event.HOLD, (), "OH", "HD"),
    (Event.RELEASE, (Event.HOLD,), "OE", ""),
    (Event.BOOK, (), "SC", "SC"),
    (Event.ARRIVE, (Event.BOOK,), "SC", "SC"),
    (Event.PREPARE, (Event.BOOK, Event.ARRIVE), "SC", "SC"),
    (Event.BEGIN, (Event.BOOK,), "SC", "IP"),
    (Event.END, (Event.BOOK, Event.BEGIN), "SC", "CM"),
    (Event.STOP, (Event.BOOK, Event.BEGIN), "OD", "DC"),
]
INITIATORS = ["person", "person for a message", "machine", "answered"]


@pytest.mark.parametrize("initiator", INITIATORS)
@pytest.mark.parametrize(("event", "path", "own", "status"), ACTS)
def test_the_placer_hears_of_each_change_by_who_made_it(
    hospital: Peer,
    coordinator: User,
    initiator: str,
    event: Event,
    path: tuple[Event, ...],
    own: str,
    status: str,
) -> None:
    deliver(order_message())
    order = Order.objects.get()
    for one in path:
        record_event(
            order_id=order.pk, event=one, cause=Cause(actor="test", answered=True)
        )
    asked_by = last_inbound().pk
    cause, expected = {
        "person": (Cause(user=coordinator), [(own, status)]),
        "person for a message": (
            Cause(user=coordinator, inbound_id=asked_by),
            [("SC", status)],
        ),
        "machine": (Cause(actor="CT2_AE"), [("SC", status)]),
        "answered": (Cause(actor="EHRX", inbound_id=asked_by, answered=True), []),
    }[initiator]
    record_event(order_id=order.pk, event=event, cause=cause)
    told = [(one.value("ORC-1"), one.value("ORC-5")) for one in heard(hospital)]
    assert told == expected


def test_a_correction_by_a_person_is_xx_and_one_by_message_is_not(
    hospital: Peer, coordinator: User
) -> None:
    deliver(order_message())
    order = Order.objects.get()
    request = OrderRequest(procedure=Code(order.procedure_code), danger_code="MRSA")
    change_order(order_id=order.pk, request=request, cause=Cause(user=coordinator))
    deliver(order_message(control="XO", control_id="X2", obr="CTPA^CT^99RADFLOW"))
    assert [one.value("ORC-1") for one in heard(hospital)] == ["XX"]
