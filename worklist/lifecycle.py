"""The appointment's state machine: the matrix of standards.md section 14.2, as data."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_noop

from orders.lifecycle import Event
from radflow.fsm import read_matrix


class AppointmentState(TextChoices):
    """Entered in error: deleted by the scheduler that made it (S17)."""

    REQUESTED = "requested", gettext_noop("Requested")
    BOOKED = "booked", gettext_noop("Booked")
    ARRIVED = "arrived", gettext_noop("Arrived")
    STARTED = "started", gettext_noop("Started")
    FULFILLED = "fulfilled", gettext_noop("Complete")
    CANCELLED = "cancelled", gettext_noop("Cancelled")
    NO_SHOW = "no_show", gettext_noop("No show")
    IN_ERROR = "in_error", gettext_noop("Entered in error")


class AppointmentEvent(TextChoices):
    """Names as in section 14.2."""

    BOOK = "bok"
    MOVE = "mov"
    MODIFY = "mod"
    CANCEL = "can"
    DELETE = "del"
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

LETTERS = {
    "Q": S.REQUESTED,
    "B": S.BOOKED,
    "V": S.ARRIVED,
    "T": S.STARTED,
    "F": S.FULFILLED,
    "K": S.CANCELLED,
    "N": S.NO_SHOW,
    "E": S.IN_ERROR,
}

# Cells as in orders.lifecycle; 5 refuses with APPT_STATE.
_MATRIX = """
   bok mov mod can del nsh arr una beg end abt req xcl
Q  B   B   =   K   E   5   V   5   T   5   5   5   K
B  =   B   =   K   E   N   V   =   T   5   5   5   K
V  =   =   =   ex  ex  ex  =   B   T   5   5   5   K
T  ex  ex  =   ex  ex  ex  =   5   =   F   F   b|K 5
F  ex  ex  =   ex  ex  ex  =   5   T   =   =   ex  5
K  B   B!  ex  =   E   ex  ex  5   T!  5   5   5   =
N  B   B   =   K   E   =   V   5   T!  5   5   5   K
E  5   5   5   =   =   5   5   5   T!  5   5   5   =
"""
_MISSING = """
   bok mov mod can del nsh arr una beg end abt req xcl
-  B   B!  B!  K!  E!  N!  V   5   T   ex  ex  ex  =
"""


REFUSALS = {"5": "APPT_STATE"}


@dataclass(frozen=True)
class AppointmentOutcome:
    """`state` is None to stay; `back` is the state before the start; see Outcome."""

    state: AppointmentState | None = None
    back: bool = False
    task: bool = False


class AppointmentRefused(Exception):
    """The appointment is not in a state for this."""

    code = REFUSALS["5"]

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"{self.code}: {event} in state {state}")
        self.state = state
        self.event = event


CELLS = read_matrix(_MATRIX, LETTERS, AppointmentEvent)
MISSING = {
    event: cell
    for (_, event), cell in read_matrix(_MISSING, {"-": ""}, AppointmentEvent).items()
}


def decide(
    state: AppointmentState | None, event: AppointmentEvent, *, guard: bool = False
) -> AppointmentOutcome:
    """The outcome of `event`; raises AppointmentRefused where the matrix says 5.

    `state` is None without an appointment. `guard` picks the second of two
    possibilities: the slot is given up.
    """
    cell = CELLS[state, event] if state else MISSING[event]
    first, _, second = cell.partition("|")
    chosen = second if guard and second else first
    if chosen in REFUSALS:
        raise AppointmentRefused(state or "none", event)
    return AppointmentOutcome(
        state=LETTERS.get(chosen.rstrip("!")),
        back=chosen == "b",
        task=chosen.endswith("!") or chosen == "ex",
    )
