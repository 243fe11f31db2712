"""The report's and the critical case's machines (standards.md 14.3 and 9), as data."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_noop

from radflow.fsm import IllegalTransition, next_state, read_matrix


class ReportState(TextChoices):
    """Standards.md section 5.2; none again where a draft or dictation is dropped."""

    NONE = "none", gettext_noop("No report")
    DRAFT = "draft", gettext_noop("Draft")
    DICTATED = "dictated", gettext_noop("Dictated")
    PRELIMINARY = "preliminary", gettext_noop("Preliminary")
    FINAL = "final", gettext_noop("Final")
    CORRECTED = "corrected", gettext_noop("Corrected")
    ADDENDED = "addended", gettext_noop("Addended")
    WITHDRAWN = "withdrawn", gettext_noop("Withdrawn")


class ReportEvent(TextChoices):
    """An edit here, OBR-25 of a result (`par` is its A), an addendum, a withdrawal."""

    EDIT = "edt"
    DICTATE = "R"
    SIGN_PRELIMINARY = "P"
    SIGN_PARTIAL = "par"
    SIGN_FINAL = "F"
    CORRECT = "C"
    ADD = "add"
    WITHDRAW = "wdr"
    CANCEL = "X"


R = ReportState
SIGNED_STATES = frozenset({R.FINAL, R.CORRECTED, R.ADDENDED})
# Whose text may be read out; a withdrawn one is not read on.
READABLE_STATES = SIGNED_STATES | {R.PRELIMINARY}
LETTERS = {
    "-": R.NONE,
    "E": R.DRAFT,
    "R": R.DICTATED,
    "P": R.PRELIMINARY,
    "F": R.FINAL,
    "C": R.CORRECTED,
    "A": R.ADDENDED,
    "W": R.WITHDRAWN,
}
REFUSALS = {"6": "REPORT_STATE"}

# Cells as in orders.lifecycle; `-` is no report, 6 refuses. The guard of `=|C!`: the
# text differs.
_MATRIX = """
     edt R P par F    C  add wdr X
-    E   R P P!  F    C! ex  6   =
E    =   R P P!  F    ex ex  6   -
R    =   R P P!  F    C! ex  -   -
P    =   6 P P!  F    C! ex  W   W
FCA  =   6 6 A!  =|C! C  A   W   6
W    E   6 6 6   C    C  6   =   =
"""
CELLS = read_matrix(_MATRIX, LETTERS, ReportEvent)


@dataclass(frozen=True)
class ReportOutcome:
    """`state` is where the report is then; `task`: a human must look."""

    state: ReportState
    task: bool = False


def decide(
    state: ReportState, event: ReportEvent, *, guard: bool = False
) -> ReportOutcome:
    """Raises fsm.IllegalTransition, to be told as REPORT_STATE."""
    first, _, second = CELLS[state, event].partition("|")
    chosen = second if guard and second else first
    if chosen in REFUSALS:
        raise IllegalTransition(state, event)
    after = LETTERS.get(chosen.rstrip("!"), state)
    return ReportOutcome(after, task=chosen.endswith("!") or chosen == "ex")


class CaseState(TextChoices):
    """Standards.md section 9. `overdue` is not a state: it is read off the clock."""

    PENDING = "pending", gettext_noop("Pending")
    NOTIFYING = "notifying", gettext_noop("Notifying")
    DELIVERED = "delivered", gettext_noop("Delivered")
    ACKNOWLEDGED = "acknowledged", gettext_noop("Acknowledged")
    CLOSED = "closed", gettext_noop("Closed")
    RETRACTED = "retracted", gettext_noop("Retracted")


class CaseEvent(TextChoices):
    NOTIFY = "notify"
    DELIVER = "deliver"
    ACKNOWLEDGE = "acknowledge"
    REASSIGN = "reassign"
    CLOSE = "close"
    RETRACT = "retract"


_C, _V = CaseState, CaseEvent
OPEN_CASE_STATES = (_C.PENDING, _C.NOTIFYING, _C.DELIVERED)

# Delivery by a machine never acknowledges: only ACKNOWLEDGE leads there, and it is
# raised for a named human alone (D6).
CASE_TABLE: dict[tuple[CaseState, CaseEvent], CaseState] = {
    (_C.PENDING, _V.NOTIFY): _C.NOTIFYING,
    (_C.NOTIFYING, _V.NOTIFY): _C.NOTIFYING,
    (_C.DELIVERED, _V.NOTIFY): _C.DELIVERED,
    (_C.PENDING, _V.DELIVER): _C.DELIVERED,
    (_C.NOTIFYING, _V.DELIVER): _C.DELIVERED,
    (_C.DELIVERED, _V.DELIVER): _C.DELIVERED,
    **{(state, _V.ACKNOWLEDGE): _C.ACKNOWLEDGED for state in OPEN_CASE_STATES},
    (_C.ACKNOWLEDGED, _V.REASSIGN): _C.PENDING,
    (_C.ACKNOWLEDGED, _V.CLOSE): _C.CLOSED,
    **{
        (state, _V.RETRACT): _C.RETRACTED
        for state in (*OPEN_CASE_STATES, _C.ACKNOWLEDGED)
    },
}


def next_case_state(state: CaseState, event: CaseEvent) -> CaseState:
    """Raises fsm.IllegalTransition."""
    return next_state(CASE_TABLE, state, event)
