"""The appointment's machine against standards.md section 14.2, cell by cell."""

from __future__ import annotations

import pytest

from worklist.lifecycle import (
    CELLS,
    AppointmentEvent,
    AppointmentOutcome,
    AppointmentRefused,
    AppointmentState,
    decide,
)

S = AppointmentState
E = AppointmentEvent

# Written out once more, by state and event, so that a slip in the matrix shows.
MOVES: dict[tuple[S, E], S] = {
    (S.BOOKED, E.MOVE): S.BOOKED,
    (S.BOOKED, E.CANCEL): S.CANCELLED,
    (S.BOOKED, E.NO_SHOW): S.NO_SHOW,
    (S.BOOKED, E.ARRIVE): S.ARRIVED,
    (S.BOOKED, E.BEGIN): S.STARTED,
    (S.BOOKED, E.EXAM_CLOSED): S.CANCELLED,
    (S.ARRIVED, E.UNDO_ARRIVAL): S.BOOKED,
    (S.ARRIVED, E.BEGIN): S.STARTED,
    (S.ARRIVED, E.EXAM_CLOSED): S.CANCELLED,
    (S.STARTED, E.END): S.FULFILLED,
    (S.STARTED, E.ABORT): S.FULFILLED,
    (S.FULFILLED, E.BEGIN): S.STARTED,
    (S.CANCELLED, E.BOOK): S.BOOKED,
    (S.CANCELLED, E.MOVE): S.BOOKED,
    (S.CANCELLED, E.BEGIN): S.STARTED,
    (S.NO_SHOW, E.BOOK): S.BOOKED,
    (S.NO_SHOW, E.MOVE): S.BOOKED,
    (S.NO_SHOW, E.CANCEL): S.CANCELLED,
    (S.NO_SHOW, E.ARRIVE): S.ARRIVED,
    (S.NO_SHOW, E.BEGIN): S.STARTED,
    (S.NO_SHOW, E.EXAM_CLOSED): S.CANCELLED,
}
REFUSED = {
    *((S.BOOKED, event) for event in (E.END, E.ABORT, E.REQUEUE)),
    *((S.ARRIVED, event) for event in (E.END, E.ABORT, E.REQUEUE)),
    (S.STARTED, E.UNDO_ARRIVAL),
    (S.STARTED, E.EXAM_CLOSED),
    (S.FULFILLED, E.UNDO_ARRIVAL),
    (S.FULFILLED, E.EXAM_CLOSED),
    *((S.CANCELLED, e) for e in (E.UNDO_ARRIVAL, E.END, E.ABORT, E.REQUEUE)),
    *((S.NO_SHOW, e) for e in (E.UNDO_ARRIVAL, E.END, E.ABORT, E.REQUEUE)),
}
TASKS = {
    *((S.ARRIVED, event) for event in (E.CANCEL, E.NO_SHOW)),
    *((S.STARTED, event) for event in (E.BOOK, E.MOVE, E.CANCEL, E.NO_SHOW)),
    *((S.FULFILLED, e) for e in (E.BOOK, E.MOVE, E.CANCEL, E.NO_SHOW, E.REQUEUE)),
    *((S.CANCELLED, e) for e in (E.MOVE, E.MODIFY, E.NO_SHOW, E.ARRIVE, E.BEGIN)),
    (S.NO_SHOW, E.BEGIN),
}


def test_every_pair_has_a_cell() -> None:
    assert set(CELLS) == {(state, event) for state in S for event in E}


@pytest.mark.parametrize("event", E)
@pytest.mark.parametrize("state", S)
def test_the_outcome_of_each_pair(state: S, event: E) -> None:
    pair = (state, event)
    if pair in REFUSED:
        with pytest.raises(AppointmentRefused):
            decide(state, event)
        return
    expected = AppointmentOutcome(
        state=MOVES.get(pair),
        back=pair == (S.STARTED, E.REQUEUE),
        task=pair in TASKS,
    )
    assert decide(state, event) == expected


def test_a_requeued_exam_may_give_its_slot_up() -> None:
    outcome = decide(S.STARTED, E.REQUEUE, guard=True)
    assert outcome == AppointmentOutcome(state=S.CANCELLED)
