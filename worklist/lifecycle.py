"""The appointment's state machine: the matrix of standards.md section 14.2, as data.

Requested and entered-in-error are states of an outside scheduler's calendar, and the
row without an appointment is its business too: they come with its messages (SIU).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices

from orders.lifecycle import Event
from radflow.fsm import IllegalTransition, next_state


class AppointmentState(TextChoices):
    BOOKED = "booked", "Booked"
    ARRIVED = "arrived", "Arrived"
    STARTED = "started", "Started"
    FULFILLED = "fulfilled", "Complete"
    CANCELLED = "cancelled", "Cancelled"
    NO_SHOW = "no_show", "No show"


class AppointmentEvent(TextChoices):
    """Names as in section 14.2."""

    BOOK = "bok"
    MOVE = "mov"
    MODIFY = "mod"
    CANCEL = "can"
    NO_SHOW = "nsh"
    ARRIVE = "arr"
    UNDO_ARRIVAL = "una"
    BEGIN = "beg"
    END = "end"
    ABORT = "abt"
    REQUEUE = "req"
    EXAM_CLOSED = "xcl"


S = AppointmentState
E = AppointmentEvent
HOLDS_ROOM = frozenset({S.BOOKED, S.ARRIVED, S.STARTED})

# What an exam's event means for its appointment.
FOLLOWS: dict[Event, AppointmentEvent] = {
    Event.CANCEL: E.EXAM_CLOSED,
    Event.DISCONTINUE: E.EXAM_CLOSED,
    Event.REPLACE: E.EXAM_CLOSED,
    Event.STOP: E.ABORT,
    Event.ARRIVE: E.ARRIVE,
    Event.UNDO_ARRIVAL: E.UNDO_ARRIVAL,
    Event.BEGIN: E.BEGIN,
    Event.END: E.END,
    Event.ABORT: E.ABORT,
    Event.REQUEUE: E.REQUEUE,
}

_LETTERS = {
    "B": S.BOOKED,
    "V": S.ARRIVED,
    "T": S.STARTED,
    "F": S.FULFILLED,
    "K": S.CANCELLED,
    "N": S.NO_SHOW,
}

# Cells as in orders.lifecycle; 5 refuses with APPT_STATE.
_MATRIX = """
   bok mov mod can nsh arr una beg end abt req xcl
B  =   B   =   K   N   V   =   T   5   5   5   K
V  =   =   =   ex  ex  =   B   T   5   5   5   K
T  ex  ex  =   ex  ex  =   5   =   F   F   b|K 5
F  ex  ex  =   ex  ex  =   5   T   =   =   ex  5
K  B   B!  ex  =   ex  ex  5   T!  5   5   5   =
N  B   B   =   K   =   V   5   T!  5   5   5   K
"""


@dataclass(frozen=True)
class AppointmentOutcome:
    """`state` is None to stay; `back` is the state before the start; see Outcome."""

    state: AppointmentState | None = None
    back: bool = False
    task: bool = False


class AppointmentRefused(Exception):
    """The appointment is not in a state for this."""

    code = "APPT_STATE"

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"{self.code}: {event} in state {state}")
        self.state = state
        self.event = event


def _read_matrix() -> dict[tuple[str, str], str]:
    head, *rows = _MATRIX.strip("\n").splitlines()
    events = [AppointmentEvent(word) for word in head.split()]
    return {
        (_LETTERS[state], event): cell
        for state, *cells in (row.split() for row in rows)
        for event, cell in zip(events, cells, strict=True)
    }


CELLS = _read_matrix()


def decide(
    state: AppointmentState, event: AppointmentEvent, *, guard: bool = False
) -> AppointmentOutcome:
    """The outcome of `event`; raises AppointmentRefused where the matrix says 5.

    `guard` picks the second of two possibilities: the slot is given up.
    """
    try:
        cell = next_state(CELLS, state, event)
    except IllegalTransition as error:
        raise AppointmentRefused(state, event) from error
    first, _, second = cell.partition("|")
    chosen = second if guard and second else first
    if chosen == "5":
        raise AppointmentRefused(state, event)
    return AppointmentOutcome(
        state=_LETTERS.get(chosen.rstrip("!")),
        back=chosen == "b",
        task=chosen.endswith("!") or chosen == "ex",
    )
