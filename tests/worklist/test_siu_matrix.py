"""Each cell of standards.md section 14.2 that a scheduler's message can reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order
from orders.services import clear_attention, record_event
from radflow.accounts.models import User
from tests.factories import PeerFactory, ProcedureFactory, StationFactory
from tests.machines.standard import APPOINTMENT, NO_STATE, Expected, read
from tests.worklist.siu import moment, ordered, say
from worklist.lifecycle import LETTERS
from worklist.models import ExternalAppointment

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGES = {
    "bok": ["S12"],
    "mov": ["S13"],
    "mod": ["S14", "S19"],
    "can": ["S15", "S16"],
    "del": ["S17"],
    "nsh": ["S26"],
}
# The exam's state that goes with the appointment's.
EXAMS = {
    "Q": "ordered",
    "B": "scheduled",
    "V": "arrived",
    "T": "in_progress",
    "F": "performed",
    "K": "ordered",
    "N": "ordered",
    "E": "ordered",
}
CELLS = [
    (state, message, cell)
    for (state, event), (cell, _guarded) in read(APPOINTMENT).items()
    for message in MESSAGES.get(event, [])
]
START = moment()


@pytest.fixture(autouse=True)
def hospital(db: None) -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    StationFactory.create(ae_title="CT1_AE", modality="CT")
    PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")
    PeerFactory.create(
        sending_application="SCHED", sending_facility="GENHOSP", books_appointments=True
    )


def happens(order: Order, *events: Event) -> None:
    for event in events:
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))


def booked(order: Order) -> None:
    say("S12", start=START)


WAYS: dict[str, Callable[[Order], object]] = {
    NO_STATE: lambda order: None,
    "Q": lambda order: say("S12", start=START, status="Pending"),
    "B": booked,
    "V": lambda order: (booked(order), happens(order, Event.ARRIVE)),
    "T": lambda order: (booked(order), happens(order, Event.ARRIVE, Event.BEGIN)),
    "F": lambda order: (booked(order), happens(order, Event.BEGIN, Event.END)),
    "K": lambda order: (booked(order), say("S15")),
    "N": lambda order: (booked(order), say("S26")),
    "E": lambda order: (booked(order), say("S17")),
}


@pytest.mark.parametrize(
    ("state", "message", "cell"), CELLS, ids=[f"{s}-{m}" for s, m, _ in CELLS]
)
def test_the_reaction_to_a_message(
    state: str, message: str, cell: Expected, coordinator: User
) -> None:
    order = ordered()
    WAYS[state](order)
    order.refresh_from_db()
    assert order.status == EXAMS.get(state, "ordered")
    if order.needs_attention:
        clear_attention(order_id=order.pk, cause=Cause(user=coordinator))
    row = say(message, start=START + timedelta(hours=1))
    order.refresh_from_db()
    if cell.refusal:
        assert (row.state, row.error_code) == ("parked", cell.refusal)
    else:
        assert row.state == "applied"
    goal = state if cell.goal == "=" else cell.goal
    assert ExternalAppointment.objects.get().state == LETTERS[goal]
    assert order.status == EXAMS[goal]
    assert bool(order.needs_attention) is cell.task


@pytest.mark.parametrize("state", ["B", "V"])
def test_a_move_moves_the_exam_and_keeps_its_state(state: str) -> None:
    order = ordered()
    WAYS[state](order)
    say("S13", start=START + timedelta(hours=1))
    order.refresh_from_db()
    assert order.scheduled_start == START + timedelta(hours=1)
    assert order.status == EXAMS[state]


@pytest.mark.parametrize("state", ["T", "F"])
def test_an_exam_that_has_begun_keeps_its_slot(state: str) -> None:
    order = ordered()
    WAYS[state](order)
    say("S13", start=START + timedelta(hours=1))
    order.refresh_from_db()
    assert order.scheduled_start == START
