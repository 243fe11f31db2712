"""Every order control in every state of the exam, sent as a message."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from orders.cause import Cause
from orders.lifecycle import LETTERS, Event
from orders.models import Order
from orders.services import record_event
from radflow.messaging.models import OutboundMessage, Peer
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory, ProcedureFactory, RoomFactory
from tests.orders.order_matrix import MATRIX, ROWS, STATES, Cell
from worklist.models import Station

pytestmark = pytest.mark.django_db(transaction=True)

_ids = iter(range(1, 100_000))
REPLACING = b"ORC|RO|P2^EHRX\rOBR|2|P2^EHRX||CTHEAD^CT head^99RADFLOW\r"
CHILD = b"ORC|CH|P2^EHRX||||||P1&EHRX\rOBR|2|P2^EHRX||CTHEAD^CT head^99RADFLOW\r"
# How an exam with a slot gets there.
PATHS: dict[str, tuple[Event, ...]] = {
    "A": (Event.ARRIVE,),
    "R": (Event.ARRIVE, Event.PREPARE),
    "I": (Event.ARRIVE, Event.BEGIN),
    "P": (Event.ARRIVE, Event.BEGIN, Event.END),
    "D": (Event.ARRIVE, Event.BEGIN, Event.STOP),
}
WITH_SLOT = "SARIPHCDX"


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    for code, modality in (("CTPA", "CT"), ("CTHEAD", "CT"), ("MRKNEE", "MR")):
        ProcedureFactory.create(code=code, modality=modality, duration_minutes=20)
    room = RoomFactory.create(name="CT 2")
    Station.objects.create(room=room, name="CT 2", ae_title="CT2_AE", modality="CT")
    return PeerFactory.create(
        sending_application="EHRX",
        sending_facility="GENHOSP",
        host="h",
        port=1,
        reply_style="order_response",
        version_out="2.3.1",
    )


@pytest.fixture(autouse=True)
def archive(db: None) -> Peer:
    return PeerFactory.create(
        host="pacs",
        port=104,
        wants_scheduling=True,
        wants_status=False,
        version_out="2.3.1",
    )


# One moment for all: a second between two messages would make the later one news.
BEGAN = timezone.now()


def stamp(minutes: int) -> str:
    """As HL7 writes it; counted from the first order's event, two hours ago."""
    moment = BEGAN + timedelta(minutes=minutes - 120)
    return f"{moment:%Y%m%d%H%M%S}+0000"


def send(
    control: str,
    *,
    at: int,
    start: int = 0,
    code: str = "CTPA",
    comment: str = "",
    more: bytes = b"",
) -> None:
    """ORC-7.4 is in `start` minutes, ORC-9 `at` minutes after the first order."""
    timing = f"1^^^{stamp(start + 120)}" if start else ""
    message = order_message(
        control=control,
        control_id=f"M{next(_ids)}",
        orc=f"|||||{timing}||{stamp(at)}",
        obr=f"{code}^Exam^99RADFLOW",
    )
    notes = f"NTE|1||{comment}\r".encode() if comment else b""
    deliver(message + notes + more)


ASKED: dict[str, dict[str, Any]] = {
    "NW": {"at": 0},
    "XO": {"comment": "Knows contrast"},
    "XO procedure": {"code": "CTHEAD"},
    "XO scanner": {"code": "MRKNEE"},
    "XO time": {"start": 300},
    "RP": {"more": REPLACING},
    "PA": {"at": 0, "more": CHILD},
}


def ask(row: str) -> None:
    send(row.split()[0], **{"at": 10, **ASKED.get(row, {})})


def bring_to(state: str) -> None:
    if state == "-":
        return
    send("NW", at=0, start=60 if state in WITH_SLOT else 0)
    match state:
        case "H":
            send("HD", at=5)
        case "C":
            send("CA", at=5)
        case "X":
            send("RP", at=5, more=REPLACING)
    before_what_is_asked = BEGAN + timedelta(minutes=5 - 120)
    scanner = Cause(actor="scanner", at=before_what_is_asked)
    for event in PATHS.get(state, ()):
        record_event(order_id=first().pk, event=event, cause=scanner)
    assert first().status == LETTERS[state]
    Order.objects.update(needs_attention="")


def first() -> Order:
    return Order.objects.earliest("id")


def sent(since: int) -> list[tuple[int, list[str]]]:
    """Peer and ORC of each order in the messages that left after the one `since`."""
    rows = OutboundMessage.objects.filter(pk__gt=since).order_by("id")
    return [
        (row.peer_id, line.split("|"))
        for row in rows
        for line in bytes(row.raw).decode().split("\r")
        if line.startswith("ORC")
    ]


def test_the_matrix_speaks_of_every_control_in_every_state() -> None:
    assert set(MATRIX) == {(row, state) for row in ROWS for state in STATES}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("row", ROWS)
def test_an_order_control(row: str, state: str, hospital: Peer, archive: Peer) -> None:
    cell = MATRIX[row, state]
    bring_to(state)
    known = set(Order.objects.values_list("pk", flat=True))
    since = max(OutboundMessage.objects.values_list("pk", flat=True), default=0)
    ask(row)
    orcs = sent(since)
    answers = [orc for peer, orc in orcs if peer == hospital.pk]
    heard = [f"{orc[1]}/{orc[5]}" for peer, orc in orcs if peer == archive.pk]
    assert [orc[1] for orc in answers] == list(cell.answers)
    assert heard == list(cell.told)
    assert last_inbound().error_code == cell.refusal
    if cell.refusal and answers:
        assert answers[0][16].split("^")[0] == cell.refusal
    _check_orders(state, cell, known)


def _check_orders(state: str, cell: Cell, known: set[int]) -> None:
    if cell.state in ("C", "-") and state == "-":
        assert not Order.objects.exists()
    if cell.state == "-":
        return
    if state == "-" and cell.state == "C":
        send("NW", at=0)
    after = first()
    assert after.status == LETTERS[state if cell.state == "=" else cell.state]
    assert bool(after.needs_attention) == cell.task
    if cell.new:
        (made,) = Order.objects.exclude(pk__in=known)
        assert made.status == LETTERS[cell.new]
        assert made.generation == after.generation + 1


def test_an_order_that_was_replaced_before_it_came_does_not_come_alive() -> None:
    send("RP", at=10, more=REPLACING)
    send("NW", at=0)
    new, old = Order.objects.order_by("id")
    assert (new.status, old.status) == ("ordered", "replaced")
    assert "replacement came before the order" in old.needs_attention


def test_a_replacement_under_the_same_number_stands() -> None:
    send("RP", at=10, more=REPLACING.replace(b"P2", b"P1"))
    assert first().status == "ordered"
    send("NW", at=0)
    assert Order.objects.filter(status="ordered").count() == 1
