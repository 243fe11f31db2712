"""python-hl7 and hl7apy, written by others, read every type of message we emit."""

from __future__ import annotations

import hl7
import pytest
from hl7apy.parser import parse_message

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order
from orders.services import record_event
from radflow.accounts.models import User
from radflow.hl7.message import Message
from radflow.messaging.drain import drain
from radflow.messaging.intake import Intake, Received
from radflow.messaging.models import OutboundMessage
from reports.lifecycle import ReportState
from reports.models import SectionCode
from reports.services import open_report, save_draft, sign_report
from tests.door import order_message
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)
IPC = "|||||||||\rIPC|ACC1|RP1|1.2.3|SPS1|CT|CTPA01^CTPA protocol^99RADFLOW"


def exchange(raw: bytes, version: str) -> list[bytes]:
    """What our acknowledgement and our own messages say after one that came."""
    PeerFactory.create(
        sending_application="EHRX",
        host="127.0.0.1",
        port=9,
        version_out=version,
        reply_style="order_response",
    )
    (answer,) = Intake().receive([Received(raw, "192.0.2.1:5000")])
    drain()
    assert isinstance(answer, bytes)
    return [answer, *emitted()]


def emitted() -> list[bytes]:
    found = OutboundMessage.objects.order_by("id")
    return [bytes(raw) for raw in found.values_list("raw", flat=True)]


def perform_and_report(radiologist: User) -> None:
    order = Order.objects.get()
    for event in (Event.BEGIN, Event.END):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="CT1_AE"))
    report = open_report(order_id=order.pk, user=radiologist)
    sections = {SectionCode.FINDINGS.value: "Å | ^ ~ \\ & clear.\nNo effusion."}
    sections[SectionCode.IMPRESSION.value] = "Normal."
    report = save_draft(
        report_id=report.pk,
        sections=sections,
        expected_version=report.version,
        user=radiologist,
    )
    sign_report(
        report_id=report.pk,
        status=ReportState.FINAL,
        expected_version=report.version,
        user=radiologist,
    )


def read_by_others(raw: bytes) -> None:
    """As many segments as we see, and in each the same values."""
    ours = Message.parse(raw)
    lines = [segment.text.rstrip("|") for segment in ours.segments]
    text = raw.decode(ours.charset)
    assert [str(one).rstrip("|") for one in hl7.parse(text)] == lines
    theirs = parse_message(text, find_groups=False).children
    assert [_as_read(one.to_er7()) for one in theirs] == lines


def _as_read(text: str) -> str:
    """hl7apy reads a formatting escape, but writes it back escaped again."""
    return text.replace("\\E\\.br\\E\\", "\\.br\\").rstrip("|")


@pytest.mark.parametrize("version", ["2.3.1", "2.5.1"])
@pytest.mark.parametrize(
    ("kind", "reply", "more"),
    [
        ("ORM^O01", "ORR^O02", ""),
        ("OML^O21", "ORL^O22", ""),
        ("OMG^O19", "ORG^O20", ""),
        ("OMI^O23", "ORI^O24", IPC),
    ],
)
def test_replies_to_orders(kind: str, reply: str, more: str, version: str) -> None:
    raw = order_message(kind=kind, version=version, more=more)
    sent = exchange(raw, version)
    kinds = {Message.parse(one).message_type for one in sent}
    expected = reply if version == "2.5.1" else "ORR^O02"
    assert expected in kinds
    for one in sent:
        read_by_others(one)


@pytest.mark.parametrize("version", ["2.3.1", "2.5.1"])
def test_status_changes_and_the_report(version: str, radiologist: User) -> None:
    exchange(order_message(version=version), version)
    perform_and_report(radiologist)
    sent = [Message.parse(raw) for raw in emitted()]
    controls = {one.value("ORC-1") for one in sent}
    assert {"ORM^O01", "ORU^R01"} <= {one.message_type for one in sent}
    assert {"SC", "RE"} <= controls
    for one in sent:
        assert one.version == version
        read_by_others(one.raw)


@pytest.mark.parametrize("version", ["2.3.1", "2.5.1"])
def test_refusals(version: str) -> None:
    for one in exchange(order_message(pid="", version=version), version):
        read_by_others(one)
