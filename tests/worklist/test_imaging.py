"""What image managers hear of scheduled procedures (RAD-4, RAD-13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order
from orders.services import record_event
from radflow.hl7.message import Message
from radflow.messaging.models import OutboundMessage, Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory, RoomFactory
from worklist.models import Station
from worklist.services import unbook

pytestmark = pytest.mark.django_db(transaction=True)

_ids = iter(range(1, 1_000_000))


@pytest.fixture(autouse=True)
def department(db: None) -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    ProcedureFactory.create(code="CTHEAD", modality="CT")
    room = RoomFactory.create(name="CT 2", location="CTR2")
    Station.objects.create(room=room, name="CT 2", ae_title="CT2_AE", modality="CT")
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


@pytest.fixture
def archive(db: None) -> Peer:
    return PeerFactory.create(
        name="Image manager",
        sending_application="PACS1",
        sending_facility="RADDEPT",
        host="pacs",
        port=104,
        wants_scheduling=True,
        wants_status=False,
        version_out="2.3.1",
    )


def say(control: str, *, hours: int = 0, **changes: str) -> None:
    if hours:
        start = timezone.now() + timedelta(hours=hours)
        changes["orc"] = f"|||||1^^^{start:%Y%m%d%H%M%S}+0000^^S"
    number = f"I{next(_ids)}"
    deliver(order_message(control=control, control_id=number, **changes))
    assert last_inbound().state == "applied", last_inbound().error_text


def heard(archive: Peer) -> list[Message]:
    rows = OutboundMessage.objects.filter(peer=archive).order_by("id")
    return [Message.parse(bytes(row.raw)) for row in rows]


def told(archive: Peer) -> list[tuple[str, str]]:
    """ORC-1 and ORC-5 of each message."""
    return [(one.value("ORC-1"), one.value("ORC-5")) for one in heard(archive)]


def test_nothing_is_told_before_it_is_scheduled(archive: Peer) -> None:
    say("NW")
    assert told(archive) == []


def test_a_scheduled_procedure_is_told_with_its_study_uid(archive: Peer) -> None:
    say("NW", hours=1)
    (message,) = heard(archive)
    order = Order.objects.get()
    assert message.message_type == "ORM^O01"
    assert (message.value("ORC-1"), message.value("ORC-5")) == ("NW", "SC")
    assert message.value("ZDS-1.1") == order.study_instance_uid
    assert [message.value(f"ZDS-1.{n}") for n in (2, 3, 4)] == [
        "RADFLOW",
        "Application",
        "DICOM",
    ]
    assert message.value("OBR-18") == order.accession_number
    assert message.value("OBR-20") == order.steps.get().step_id
    assert message.value("OBR-24") == "CT"
    assert message.value("MSH-5") == "PACS1"


def test_each_change_of_the_schedule_is_told_once(archive: Peer) -> None:
    say("NW", hours=1)
    say("XO", hours=3)
    say("HD")
    say("RL")
    order = Order.objects.get()
    unbook(order_id=order.pk, cause=Cause(actor="test"), reason="Scanner down")
    say("CA")
    assert told(archive) == [
        ("NW", "SC"),
        ("XO", "SC"),
        ("XO", "HD"),
        ("XO", "SC"),
        ("XO", "SC"),
        ("CA", "CA"),
    ]
    uids = {message.value("ZDS-1.1") for message in heard(archive)}
    assert uids == {order.study_instance_uid}
    timeless = heard(archive)[4]
    assert (timeless.value("OBR-27.4"), timeless.value("ORC-7.4")) == ("", "")


def test_a_changed_procedure_is_told(archive: Peer) -> None:
    say("NW", hours=1)
    say("XO", obr="CTHEAD^CT head^99RADFLOW")
    assert told(archive)[-1] == ("XO", "SC")
    assert heard(archive)[-1].value("OBR-4.1") == "CTHEAD"


def test_the_scanners_own_news_is_not_repeated(archive: Peer) -> None:
    say("NW", hours=1)
    order = Order.objects.get()
    for event in (Event.ARRIVE, Event.PREPARE, Event.BEGIN, Event.END):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))
    assert told(archive) == [("NW", "SC")]


def test_an_exam_that_began_unscheduled_is_told_as_running(archive: Peer) -> None:
    say("NW")
    order = Order.objects.get()
    record_event(order_id=order.pk, event=Event.BEGIN, cause=Cause(actor="test"))
    assert told(archive) == [("NW", "IP")]


def test_a_stopped_exam_is_told_as_discontinued(archive: Peer) -> None:
    say("NW", hours=1)
    order = Order.objects.get()
    for event in (Event.ARRIVE, Event.PREPARE, Event.BEGIN, Event.STOP):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))
    assert told(archive)[-1] == ("DC", "CA")


@pytest.mark.parametrize("kind", ["ORM", "OMI"])
def test_a_foreign_reader_understands_it(archive: Peer, kind: str) -> None:
    archive.imaging_message = kind
    archive.version_out = "2.5.1"
    archive.save()
    say("NW", hours=1)
    raw = bytes(OutboundMessage.objects.get(peer=archive).raw).decode()
    order = Order.objects.get()
    if kind == "ORM":
        raw = "\r".join(line for line in raw.split("\r") if line[:3] != "ZDS")
    found = parse_message(raw, validation_level=VALIDATION_LEVEL.TOLERANT)
    assert found.msh.msh_9.value.startswith(f"{kind}^")
    parsed = Message.parse(bytes(OutboundMessage.objects.get(peer=archive).raw))
    if kind == "OMI":
        assert parsed.value("IPC-1.1") == order.accession_number
        assert parsed.value("IPC-3") == order.study_instance_uid
        assert parsed.value("IPC-9") == "CT2_AE"
        assert parsed.value("TQ1-9") == "S"
        assert parsed.value("ORC-7") == ""
        assert [parsed.value(f"IPC-8.{n}") for n in (1, 2, 3)] == [
            "CTR2",
            "CT 2",
            "99RADFLOW",
        ]


def test_a_cancelled_procedure_still_names_its_steps(archive: Peer) -> None:
    say("NW", hours=1)
    step = Order.objects.get().steps.get().step_id
    say("CA")
    assert heard(archive)[-1].value("OBR-20") == step


def test_all_steps_of_a_procedure_come_in_one_message(archive: Peer) -> None:
    Peer.objects.filter(sending_application="EHRX").update(profile="ihe-251")
    archive.imaging_message = "OMI"
    archive.save()
    start = f"{timezone.now() + timedelta(hours=1):%Y%m%d%H%M%S}+0000".encode()
    lines = order_message(version="2.5.1", kind="OMI^O23^OMI_O23").split(b"\r")[:-1]
    lines.insert(3, b"TQ1|1||||||" + start)
    lines += [
        b"IPC|A1^R|RP1^R|1.2.840.99.3^R|SPS%d^R|CT|P%d^Part^99L" % (n, n)
        for n in (1, 2, 3)
    ]
    deliver(b"\r".join(lines) + b"\r")
    (message,) = heard(archive)
    assert [ipc.value(4) for ipc in message.all("IPC")] == ["SPS1", "SPS2", "SPS3"]
