"""Each cell of standards.md section 14.2 that a scheduler's message can reach."""

from __future__ import annotations

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


# The message after the booking, and what happens to the exam then.
WAYS: dict[str, tuple[str, tuple[Event, ...]]] = {
    "B": ("", ()),
    "V": ("", (Event.ARRIVE,)),
    "T": ("", (Event.ARRIVE, Event.BEGIN)),
    "F": ("", (Event.BEGIN, Event.END)),
    "K": ("S15", ()),
    "N": ("S26", ()),
    "E": ("S17", ()),
}


def bring(order: Order, state: str) -> None:
    if state == NO_STATE:
        return
    if state == "Q":
        say("S12", start=START, status="Pending")
        return
    say("S12", start=START)
    message, events = WAYS[state]
    if message:
        say(message)
    happens(order, *events)


@pytest.mark.parametrize(
    ("state", "message", "cell"), CELLS, ids=[f"{s}-{m}" for s, m, _ in CELLS]
)
def test_the_reaction_to_a_message(
    state: str, message: str, cell: Expected, coordinator: User
) -> None:
    order = ordered()
    bring(order, state)
    order.refresh_from_db()
    assert order.status == EXAMS.get(state, "ordered")
    if order.needs_attention:
        cause = Cause(user=coordinator)
        clear_attention(order_id=order.pk, note="x", cause=cause)
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
    bring(order, state)
    say("S13", start=START + timedelta(hours=1))
    order.refresh_from_db()
    assert order.scheduled_start == START + timedelta(hours=1)
    assert order.status == EXAMS[state]


@pytest.mark.parametrize("state", ["T", "F"])
def test_an_exam_that_has_begun_keeps_its_slot(state: str) -> None:
    order = ordered()
    bring(order, state)
    say("S13", start=START + timedelta(hours=1))
    order.refresh_from_db()
    assert order.scheduled_start == START
