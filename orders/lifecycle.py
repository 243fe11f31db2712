"""The exam's state machine: the matrix of standards.md section 14.1, as data."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_noop

from radflow.fsm import read_matrix


class ExamState(TextChoices):
    ORDERED = "ordered", gettext_noop("Ordered")
    SCHEDULED = "scheduled", gettext_noop("Scheduled")
    ARRIVED = "arrived", gettext_noop("Arrived")
    READY = "ready", gettext_noop("Ready")
    IN_PROGRESS = "in_progress", gettext_noop("In progress")
    PERFORMED = "performed", gettext_noop("Images in")
    ON_HOLD = "on_hold", gettext_noop("Hold")
    CANCELLED = "cancelled", gettext_noop("Cancelled")
    DISCONTINUED = "discontinued", gettext_noop("Discontinued")
    REPLACED = "replaced", gettext_noop("Replaced")


class Event(TextChoices):
    """What can happen to an exam; names as in section 14.1."""

    NEW = "new"
    CHANGE = "chg"
    CHANGE_PROCEDURE = "chp"
    CANCEL = "can"
    DISCONTINUE = "dis"
    STOP = "stp"
    HOLD = "hld"
    RELEASE = "rel"
    REPLACE = "rpl"
    BOOK = "bok"
    MOVE = "mov"
    UNBOOK = "ubk"
    NO_SHOW = "nsh"
    ARRIVE = "arr"
    UNDO_ARRIVAL = "una"
    PREPARE = "rdy"
    BEGIN = "beg"
    END = "end"
    ABORT = "abt"
    REQUEUE = "req"


S = ExamState
OPEN_STATES = frozenset(
    {S.ORDERED, S.SCHEDULED, S.ARRIVED, S.READY, S.IN_PROGRESS, S.ON_HOLD}
)
NOT_STARTED = frozenset({S.ORDERED, S.SCHEDULED, S.ARRIVED, S.READY, S.ON_HOLD})
WORKLIST_STATES = frozenset({S.SCHEDULED, S.ARRIVED, S.READY})
TERMINAL_STATES = frozenset({S.CANCELLED, S.DISCONTINUED, S.REPLACED})

LETTERS = {
    "O": S.ORDERED,
    "S": S.SCHEDULED,
    "A": S.ARRIVED,
    "R": S.READY,
    "I": S.IN_PROGRESS,
    "P": S.PERFORMED,
    "H": S.ON_HOLD,
    "C": S.CANCELLED,
    "D": S.DISCONTINUED,
    "X": S.REPLACED,
}
REFUSALS = {"1": "ORDER_STATE", "2": "UNKNOWN_ORDER", "4": "EXAM_STARTED"}

# Cells: a letter is the next state, `!` adds an exception task, `=` keeps the state,
# `ex` is an exception task alone, `b` the state before hold or start, `~` the
# duplicate rule, a digit refuses. `x|y`: y when the caller's guard says so.
_MATRIX = """
   new chg chp  can dis stp hld rel rpl bok  mov ubk nsh arr una rdy beg  end abt req
O  ~   =   =    C   C   1   H   1   X   S    S   =   ex  A   1   1   I!   1   ex  ex
S  ~   =   =|O! C   C   1   H   1   X   =    =   O   O   A   =   1   I    1   ex  ex
A  ~   =   =!   C!  C!  1   H!  1   X!  =    =   ex  ex  =   S   R   I    1   ex  ex
R  ~   =   A!   C!  C!  1   H!  1   X!  =    =   ex  ex  =   S   =   I    1   ex  ex
I  ~   =   4    4   4   D   4   1   4   ex   ex  ex  ex  =   1   =   =    P   D   b|O
P  ~   =   4    4   4   1   4   1   4   ex   ex  ex  ex  =   1   =   I|ex =   =   ex
H  ~   =   =    C   C   1   =   b   X   =    =   =   =   ex  =   1   I!   1   ex  ex
C  ~   1   1    =   =   1   1   1   1   ex   ex  =   =   ex  1   1   I!   1   ex  ex
D  ~   1   1    1   =   =   1   1   1   ex|S ex  =   =   ex  1   1   I!   1   =   ex
X  ~   1   1    1   1   1   1   1   =   ex   ex  =   =   ex  1   1   I!   1   ex  ex
"""

# What comes before its order. The guard: a change that says too little to make one.
_MISSING = """
   new chg  chp  can dis stp hld rel rpl bok  mov ubk nsh arr una rdy beg  end abt req
-  O   O!|2 O!|2 C!  C!  2   2   2   O!  ex   ex  ex  ex  2   2   2   I!   ex  ex  ex
"""


@dataclass(frozen=True)
class Outcome:
    """What the matrix says: where to, and whether a human must look.

    `state` is None to stay. `back` means the state before the hold or the start.
    """

    state: ExamState | None = None
    back: bool = False
    duplicate: bool = False
    task: bool = False


class Refused(Exception):
    """The exam is not in a state for this; `code` is used unchanged everywhere."""

    def __init__(self, code: str, state: str, event: str) -> None:
        super().__init__(f"{code}: {event} in state {state}")
        self.code = code
        self.state = state
        self.event = event


CELLS = read_matrix(_MATRIX, LETTERS, Event)
MISSING = {
    event: cell for (_, event), cell in read_matrix(_MISSING, {"-": ""}, Event).items()
}


def decide(state: ExamState | None, event: Event, *, guard: bool = False) -> Outcome:
    """The outcome of `event`; raises Refused with the code of the matrix.

    `state` is None for an order that has not come yet.

    `guard` picks the second of two possibilities, such as `O!` of `=|O!` (the slot
    no longer fits) or `ex` of `I|ex` (a final report exists).
    """
    cell = CELLS[state, event] if state else MISSING[event]
    first, _, second = cell.partition("|")
    chosen = second if guard and second else first
    if chosen in REFUSALS:
        raise Refused(REFUSALS[chosen], state or "unknown", event)
    return _outcome(chosen)


def _outcome(cell: str) -> Outcome:
    task = cell.endswith("!") or cell == "ex"
    letter = cell.rstrip("!")
    if letter in LETTERS:
        return Outcome(state=LETTERS[letter], task=task)
    return Outcome(back=letter == "b", duplicate=letter == "~", task=task)
