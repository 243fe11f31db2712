"""The exam's machine against the matrix of standards.md section 14.1, cell by cell."""

from __future__ import annotations

import pytest

from orders.lifecycle import (
    CELLS,
    Event,
    ExamState,
    Outcome,
    Refused,
    decide,
)

S = ExamState

# Written out once more, by state and event, so that a slip in the matrix shows.
MOVES: dict[tuple[ExamState, Event], ExamState] = {
    (S.ORDERED, Event.CANCEL): S.CANCELLED,
    (S.ORDERED, Event.DISCONTINUE): S.CANCELLED,
    (S.ORDERED, Event.HOLD): S.ON_HOLD,
    (S.ORDERED, Event.REPLACE): S.REPLACED,
    (S.ORDERED, Event.BOOK): S.SCHEDULED,
    (S.ORDERED, Event.MOVE): S.SCHEDULED,
    (S.ORDERED, Event.ARRIVE): S.ARRIVED,
    (S.ORDERED, Event.BEGIN): S.IN_PROGRESS,
    (S.SCHEDULED, Event.CANCEL): S.CANCELLED,
    (S.SCHEDULED, Event.DISCONTINUE): S.CANCELLED,
    (S.SCHEDULED, Event.HOLD): S.ON_HOLD,
    (S.SCHEDULED, Event.REPLACE): S.REPLACED,
    (S.SCHEDULED, Event.UNBOOK): S.ORDERED,
    (S.SCHEDULED, Event.NO_SHOW): S.ORDERED,
    (S.SCHEDULED, Event.ARRIVE): S.ARRIVED,
    (S.SCHEDULED, Event.BEGIN): S.IN_PROGRESS,
    (S.ARRIVED, Event.CANCEL): S.CANCELLED,
    (S.ARRIVED, Event.DISCONTINUE): S.CANCELLED,
    (S.ARRIVED, Event.HOLD): S.ON_HOLD,
    (S.ARRIVED, Event.REPLACE): S.REPLACED,
    (S.ARRIVED, Event.UNDO_ARRIVAL): S.SCHEDULED,
    (S.ARRIVED, Event.PREPARE): S.READY,
    (S.ARRIVED, Event.BEGIN): S.IN_PROGRESS,
    (S.READY, Event.CHANGE_PROCEDURE): S.ARRIVED,
    (S.READY, Event.CANCEL): S.CANCELLED,
    (S.READY, Event.DISCONTINUE): S.CANCELLED,
    (S.READY, Event.HOLD): S.ON_HOLD,
    (S.READY, Event.REPLACE): S.REPLACED,
    (S.READY, Event.UNDO_ARRIVAL): S.SCHEDULED,
    (S.READY, Event.BEGIN): S.IN_PROGRESS,
    (S.IN_PROGRESS, Event.STOP): S.DISCONTINUED,
    (S.IN_PROGRESS, Event.END): S.PERFORMED,
    (S.IN_PROGRESS, Event.ABORT): S.DISCONTINUED,
    (S.PERFORMED, Event.BEGIN): S.IN_PROGRESS,
    (S.ON_HOLD, Event.CANCEL): S.CANCELLED,
    (S.ON_HOLD, Event.DISCONTINUE): S.CANCELLED,
    (S.ON_HOLD, Event.REPLACE): S.REPLACED,
    (S.ON_HOLD, Event.BEGIN): S.IN_PROGRESS,
    (S.CANCELLED, Event.BEGIN): S.IN_PROGRESS,
    (S.DISCONTINUED, Event.BEGIN): S.IN_PROGRESS,
    (S.REPLACED, Event.BEGIN): S.IN_PROGRESS,
}
PAIRS = [(state, event) for state in ExamState for event in Event]


def test_every_pair_has_a_cell() -> None:
    assert set(CELLS) == set(PAIRS)


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_moves_exactly_where_the_matrix_says(state: ExamState, event: Event) -> None:
    try:
        outcome = decide(state, event)
    except Refused:
        assert (state, event) not in MOVES
        return
    assert outcome.state == MOVES.get((state, event))


@pytest.mark.parametrize(
    "event",
    [Event.CANCEL, Event.DISCONTINUE, Event.HOLD, Event.REPLACE],
)
@pytest.mark.parametrize("state", [S.IN_PROGRESS, S.PERFORMED])
def test_a_started_exam_refuses_messages(state: ExamState, event: Event) -> None:
    with pytest.raises(Refused) as refused:
        decide(state, event)
    assert refused.value.code == "EXAM_STARTED"


@pytest.mark.parametrize("state", [S.CANCELLED, S.DISCONTINUED, S.REPLACED])
def test_a_scan_of_a_closed_order_is_recorded_and_looked_at(state: ExamState) -> None:
    assert decide(state, Event.BEGIN) == Outcome(state=S.IN_PROGRESS, task=True)


def test_release_goes_back_to_the_state_before() -> None:
    assert decide(S.ON_HOLD, Event.RELEASE).back


def test_images_after_a_final_report_keep_the_state() -> None:
    outcome = decide(S.PERFORMED, Event.BEGIN, guard=True)
    assert outcome == Outcome(state=None, task=True)


def test_a_rescheduled_step_goes_back_to_ordered() -> None:
    assert decide(S.IN_PROGRESS, Event.REQUEUE).back
    outcome = decide(S.IN_PROGRESS, Event.REQUEUE, guard=True)
    assert outcome.state is S.ORDERED
