"""Each cell of the three machines against the standard's own words."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.db import IntegrityError, connection, transaction

from orders import lifecycle as exam
from orders.models import Order
from radflow.fsm import IllegalTransition
from reports import lifecycle as report
from tests.factories import make_order
from tests.machines import standard
from tests.machines.standard import NO_STATE, Expected
from worklist import lifecycle as appointment

GUARDS = (False, True)
EXAM = standard.read(standard.EXAM)
APPOINTMENT = standard.read(standard.APPOINTMENT)
REPORT = standard.read(standard.REPORT)


def goal_of(
    after: str | None, letters: Mapping[str, str], *, back: bool = False
) -> str:
    if back:
        return "b"
    by_state = {state: letter for letter, state in letters.items()}
    return by_state[after] if after else "="


def test_each_pair_of_the_standard_has_one_cell_here_and_no_other() -> None:
    for table, letters, events in (
        (EXAM, exam.LETTERS, exam.Event),
        (APPOINTMENT, appointment.LETTERS, appointment.AppointmentEvent),
    ):
        states = {NO_STATE, *letters}
        assert set(table) == {(s, str(e)) for s in states for e in events}
    reported = {NO_STATE, *report.LETTERS} - {"-"}
    assert set(REPORT) == {(s, str(e)) for s in reported for e in report.ReportEvent}


@pytest.mark.parametrize("guard", GUARDS, ids=["", "guard"])
@pytest.mark.parametrize(("state", "event"), EXAM)
def test_exam(state: str, event: str, guard: bool) -> None:
    before = exam.LETTERS.get(state)
    try:
        outcome = exam.decide(before, exam.Event(event), guard=guard)
    except exam.Refused as refused:
        told = Expected(refusal=refused.code)
    else:
        goal = goal_of(outcome.state, exam.LETTERS, back=outcome.back)
        told = Expected("~" if outcome.duplicate else goal, outcome.task)
    assert told == EXAM[state, event][guard]


@pytest.mark.parametrize("guard", GUARDS, ids=["", "guard"])
@pytest.mark.parametrize(("state", "event"), APPOINTMENT)
def test_appointment(state: str, event: str, guard: bool) -> None:
    before = appointment.LETTERS.get(state)
    what = appointment.AppointmentEvent(event)
    try:
        outcome = appointment.decide(before, what, guard=guard)
    except appointment.AppointmentRefused as refused:
        told = Expected(refusal=refused.code)
    else:
        goal = goal_of(outcome.state, appointment.LETTERS, back=outcome.back)
        told = Expected(goal, outcome.task)
    assert told == APPOINTMENT[state, event][guard]


@pytest.mark.parametrize("guard", GUARDS, ids=["", "guard"])
@pytest.mark.parametrize(("state", "event"), REPORT)
def test_report(state: str, event: str, guard: bool) -> None:
    letters = {**report.LETTERS, NO_STATE: report.ReportState.NONE}
    expected = REPORT[state, event][guard]
    goal = letters[state] if expected.goal == "=" else letters[expected.goal]
    try:
        outcome = report.decide(letters[state], report.ReportEvent(event), guard=guard)
    except IllegalTransition:
        assert expected.refusal == report.REFUSALS["6"]
        return
    assert (outcome.state, outcome.task) == (goal, expected.task)
    assert not expected.refusal


def test_what_is_signed_never_becomes_unsigned_again() -> None:
    signed = {*report.SIGNED_STATES, report.ReportState.WITHDRAWN}
    for state in report.SIGNED_STATES:
        for event in report.ReportEvent:
            try:
                assert report.decide(state, event).state in signed
            except IllegalTransition:
                continue


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("orders_order", "status"),
        ("orders_order", "report_status"),
        ("worklist_appointment", "state"),
        ("reports_report", "status"),
    ],
)
def test_the_database_knows_the_states_and_counts_versions(
    table: str, column: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND "
            "conrelid = %s::regclass AND pg_get_constraintdef(oid) LIKE %s",
            [table, f"%(({column})::text = ANY%"],
        )
        assert cursor.fetchone() == (1,)
        cursor.execute(f"SELECT version FROM {table} LIMIT 1")


@pytest.mark.django_db
def test_the_database_refuses_a_state_that_no_machine_has() -> None:
    order = make_order()
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(status="lost")
