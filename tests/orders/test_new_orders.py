"""New orders through the front door: bytes in, order and answer out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order, OrderEvent, Patient
from orders.services import record_event
from radflow.messaging.models import InboundMessage, OutboundMessage, Peer
from tests.door import deliver, last_inbound, order_message, sample
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(
        sending_application="EHRX", sending_facility="GENHOSP", host="h", port=1
    )


def test_reads_the_seed_order_whole() -> None:
    (ack,) = deliver(sample("01_"))
    assert ack.code == "AA"
    order = Order.objects.get()
    assert order.accession_number == "ACC26030017"
    assert order.study_instance_uid.startswith("2.25.160133")
    assert (order.modality, order.priority) == ("CT", "S")
    assert (str(order.weight_kg), str(order.height_m)) == ("68.50", "1.71")
    assert order.comments == "Right arm cannula in situ"
    assert order.visit is not None
    assert order.visit.number == "V55021"
    assert order.patient.allergies == ["Iodinated contrast (drug, moderate: Urticaria)"]


def test_gives_numbers_where_the_sender_gives_none() -> None:
    deliver(order_message())
    order = Order.objects.get()
    assert len(order.accession_number) <= 16
    assert order.filler_order_number == order.accession_number
    assert order.study_instance_uid.startswith("2.25.")


def test_timeline_begins_with_the_message() -> None:
    deliver(order_message())
    first, second = OrderEvent.objects.order_by("at", "id")
    assert first.inbound_id == second.inbound_id == last_inbound().pk
    assert (first.kind, second.to_status) == ("message", "ordered")


def test_same_order_again_is_one_order() -> None:
    deliver(order_message(control_id="C1"), order_message(control_id="C2"))
    assert Order.objects.count() == 1
    states = InboundMessage.objects.values_list("state", flat=True)
    assert list(states) == ["applied", "applied"]


def test_same_message_again_has_one_effect_and_the_same_answer() -> None:
    first, second = deliver(order_message(), order_message())
    assert first == second
    states = InboundMessage.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["applied", "duplicate"]
    assert OrderEvent.objects.count() == 2


def test_another_person_under_a_known_identifier_is_parked() -> None:
    other = "PID|1||700123^^^GENHOSP^MR||Bello^Tunde||19700101|M"
    deliver(order_message(), order_message(control_id="C2", placer="P2", pid=other))
    assert (last_inbound().state, last_inbound().error_code) == (
        "parked",
        "PATIENT_MISMATCH",
    )
    assert Order.objects.count() == 1
    assert Patient.objects.get().family_name == "Okafor"


def test_orders_never_overwrite_demographics() -> None:
    married = "PID|1||700123^^^GENHOSP^MR||Hart^Ada||19800514|F"
    deliver(order_message(), order_message(control_id="C2", placer="P2", pid=married))
    assert Order.objects.count() == 2
    assert Patient.objects.get().family_name == "Okafor"


def test_an_accession_of_another_order_is_refused() -> None:
    numbered = "||||||||||||||ACC1"
    deliver(
        order_message(more=numbered),
        order_message(control_id="C2", placer="P2", more=numbered),
    )
    assert last_inbound().error_code == "ACCESSION_USED"
    assert Order.objects.count() == 1


def test_a_long_accession_is_never_cut() -> None:
    deliver(order_message(more="||||||||||||||ACCESSION-OF-MORE-THAN-16"))
    assert (last_inbound().state, last_inbound().error_code) == ("parked", "102")


def test_ordered_anew_after_a_cancel_is_a_new_exam() -> None:
    when = "|||||||{}"
    deliver(
        order_message(orc=when.format("20261123080000")),
        order_message(control_id="C2", control="CA", orc=when.format("20261123081000")),
        order_message(control_id="C3", orc=when.format("20261123082000")),
    )
    old, new = Order.objects.order_by("generation")
    assert (old.status, new.status, new.generation) == ("cancelled", "ordered", 2)
    assert old.accession_number != new.accession_number


def test_a_late_copy_of_a_cancelled_order_stays_dead() -> None:
    when = "|||||||20261123080000"
    deliver(
        order_message(orc=when),
        order_message(control_id="C2", control="CA"),
        order_message(control_id="C3", orc=when),
    )
    assert Order.objects.get().status == "cancelled"
    assert last_inbound().error_code == "DUPLICATE_ORDER"


@pytest.mark.parametrize(
    ("kind", "version", "answer"),
    [
        ("ORM^O01", "2.3.1", "ORR^O02"),
        ("ORM^O01", "2.5.1", "ORR^O02"),
        ("OML^O21", "2.5.1", "ORL^O22"),
        ("OML^O33", "2.5.1", "ORL^O34"),
        ("OML^O35", "2.5.1", "ORL^O36"),
        ("OML^O23", "2.5.1", "ORL^O22"),
        ("OMG^O19", "2.5.1", "ORG^O20"),
        ("OML^O21", "2.3.1", "ORR^O02"),
    ],
)
def test_answers_in_kind_and_in_the_senders_version(
    hospital: Peer, kind: str, version: str, answer: str
) -> None:
    hospital.reply_style = "order_response"
    hospital.save()
    deliver(order_message(kind=kind, version=version))
    sent = OutboundMessage.objects.get(in_reply_to=last_inbound())
    assert sent.message_type == answer
    lines = bytes(sent.raw).decode().split("\r")
    assert lines[0].split("|")[11] == version
    assert "MSA|AA|C1" in lines
    assert any(line.startswith("ORC|OK|P1^EHRX|") for line in lines)


def test_a_refused_order_is_told_with_its_reason(hospital: Peer) -> None:
    hospital.reply_style = "order_response"
    hospital.save()
    deliver(order_message(control="HD", placer="NOSUCH"))
    sent = OutboundMessage.objects.get()
    assert "ORC|UH|NOSUCH^EHRX" in bytes(sent.raw).decode()
    assert "UNKNOWN_ORDER" in bytes(sent.raw).decode()


def test_a_cancel_before_the_start_cancels() -> None:
    deliver(order_message(), order_message(control_id="C2", control="CA"))
    assert Order.objects.get().status == "cancelled"
    status = OutboundMessage.objects.get()
    assert "|CA|" in bytes(status.raw).decode()


def test_an_order_older_than_the_cancel_stays_dead() -> None:
    when = "|||||||{}"
    deliver(
        order_message(orc=when.format("20261123080000")),
        order_message(control_id="C2", control="CA", orc=when.format("20261123100000")),
        order_message(control_id="C3", orc=when.format("20261123090000")),
    )
    assert Order.objects.get().status == "cancelled"


def test_an_order_that_was_cancelled_here_does_not_come_alive_by_older_news() -> None:
    deliver(order_message(orc="|||||||20261123100000+0000"))
    order = Order.objects.get()
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    by_hand = Cause(actor="desk", at=at)
    record_event(order_id=order.pk, event=Event.CANCEL, cause=by_hand)
    late = order_message(control_id="C2", orc="|||||||20261123103000+0000")
    deliver(late)
    assert Order.objects.count() == 1
    anew = order_message(control_id="C3", orc="|||||||20261123123000+0000")
    deliver(anew)
    assert Order.objects.count() == 2
