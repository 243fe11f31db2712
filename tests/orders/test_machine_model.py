"""Random histories of an order, with repeats and out of order, against a model."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from orders.cause import Cause
from orders.hl7 import inbound
from orders.lifecycle import LETTERS, Event, Refused
from orders.models import Order, OrderEvent
from orders.services import record_event
from radflow import unit
from radflow.hl7.message import Message
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import InboundMessage, Peer
from radflow.messaging.routes import Inbound
from tests.door import order_message
from tests.factories import PeerFactory, ProcedureFactory
from tests.orders.reference_model import Model, Refusal

pytestmark = pytest.mark.django_db

RUNS = int(os.environ.get("RADFLOW_MACHINE_RUNS", "150"))
# Longer histories where there is time: `make machine`.
STEPS = 9 if RUNS <= 150 else 20
BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)
# What people and scanners do; the other events come as messages.
# Named twice: what leads on to more.
EVENTS = "stp bok bok mov ubk nsh arr una rdy beg beg beg end end abt req req".split()
MESSAGES = "NW XO CA DC HD HD RL RL".split()
FIRST = "NW NW NW NW NW XO CA HD".split()
LATE = st.sampled_from([0, 0, 0, 1, 2, 5])
_ids = iter(range(1, 10_000_000))


def _time(at: int) -> datetime:
    return BEGIN + timedelta(minutes=at)


class Histories(RuleBasedStateMachine):
    """One placer number from its first message on; the model is told the same."""

    peer: Peer

    def __init__(self) -> None:
        super().__init__()
        self.placer = f"M{next(_ids)}"
        self.model = Model()
        self.said: list[tuple[str, int]] = []

    @initialize(control=st.sampled_from(FIRST))
    def first(self, control: str) -> None:
        self.message(control, 0)

    @rule(control=st.sampled_from(MESSAGES), late=LATE)
    def message(self, control: str, late: int) -> None:
        """Its event was so many minutes before that of the message before it."""
        at = max(0, 5 + len(self.said) - 2 * late)
        self.said.append((control, at))
        self._both(control, at)

    @precondition(lambda self: self.said)
    @rule(which=st.integers(min_value=0, max_value=99))
    def repeat(self, which: int) -> None:
        self._both(*self.said[which % len(self.said)])

    @precondition(lambda self: self.model.exams)
    @rule(
        event=st.sampled_from(EVENTS),
        guard=st.sampled_from([False, False, True]),
        again=st.booleans(),
    )
    def event(self, event: str, guard: bool, again: bool) -> None:
        at = 4 + len(self.said)
        for _ in range(1 + again):
            told, expected = "", ""
            try:
                record_event(
                    order_id=self._orders()[-1].pk,
                    event=Event(event),
                    cause=Cause(actor="scanner", at=_time(at)),
                    guard=guard,
                )
            except Refused as refused:
                told = refused.code
            try:
                self.model.happen(event, at, guard=guard)
            except Refusal as refusal:
                expected = str(refusal)
            assert told == expected

    def _both(self, control: str, at: int) -> None:
        told, expected = "", ""
        try:
            self._send(control, at)
        except Parked as parked:
            told = parked.code
        try:
            self.model.receive(control, at)
        except Refusal as refusal:
            expected = str(refusal)
        assert told == expected

    def _send(self, control: str, at: int) -> None:
        number = f"C{next(_ids)}"
        raw = order_message(
            control=control,
            control_id=number,
            placer=self.placer,
            pid=f"PID|1||{self.placer}^^^GENHOSP^MR||Okafor^Ada||19800514|F",
            orc=f"|||||||{_time(at):%Y%m%d%H%M%S}+0000",
        )
        row = InboundMessage.objects.create(
            peer=self.peer,
            raw=raw,
            body_hash=b"",
            control_id=number,
            message_type="ORM^O01",
            ack_code="AA",
            remote_address="test",
            version="2.3.1",
        )
        with unit.work():
            inbound.apply(Inbound(row, Message.parse(raw), self.peer))

    def _orders(self) -> list[Order]:
        found = Order.objects.filter(placer_order_number=self.placer)
        return list(found.order_by("generation"))

    @invariant()
    def they_agree(self) -> None:
        orders = self._orders()
        assert [one.status for one in orders] == [
            LETTERS[exam.state] for exam in self.model.exams
        ]
        assert [bool(one.needs_attention) for one in orders] == [
            exam.flagged for exam in self.model.exams
        ]
        happened = OrderEvent.objects.filter(order__in=orders).exclude(from_status="")
        effects = sum(exam.effects for exam in self.model.exams)
        assert happened.count() == effects


def test_every_history_ends_as_the_standard_says() -> None:
    ProcedureFactory.create(code="CTPA", modality="CT")
    Histories.peer = PeerFactory.create(
        sending_application="EHRX", sending_facility="GENHOSP"
    )
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
