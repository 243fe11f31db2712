"""The report's and the critical case's machines (standards.md 14.3 and 9), as data."""

from __future__ import annotations

from django.db.models import TextChoices

from radflow.fsm import next_state


class ReportState(TextChoices):
    """Standards.md section 5.2."""

    DRAFT = "draft", "Draft"
    PRELIMINARY = "preliminary", "Preliminary"
    FINAL = "final", "Final"
    CORRECTED = "corrected", "Corrected"
    ADDENDED = "addended", "Addended"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ReportEvent(TextChoices):
    EDIT = "edt"
    SIGN_PRELIMINARY = "P"
    SIGN_FINAL = "F"
    CORRECT = "C"
    ADD = "add"
    WITHDRAW = "wdr"


_R, _E = ReportState, ReportEvent
_FINALS = (_R.FINAL, _R.CORRECTED, _R.ADDENDED)

# What is signed here; results of other systems (R, par, X) come with inbound ORU.
REPORT_TABLE: dict[tuple[ReportState, ReportEvent], ReportState] = {
    (_R.DRAFT, _E.EDIT): _R.DRAFT,
    (_R.DRAFT, _E.SIGN_PRELIMINARY): _R.PRELIMINARY,
    (_R.DRAFT, _E.SIGN_FINAL): _R.FINAL,
    (_R.PRELIMINARY, _E.EDIT): _R.PRELIMINARY,
    (_R.PRELIMINARY, _E.SIGN_PRELIMINARY): _R.PRELIMINARY,
    (_R.PRELIMINARY, _E.SIGN_FINAL): _R.FINAL,
    (_R.PRELIMINARY, _E.WITHDRAW): _R.WITHDRAWN,
    (_R.WITHDRAWN, _E.EDIT): _R.DRAFT,
    (_R.WITHDRAWN, _E.SIGN_FINAL): _R.CORRECTED,
    (_R.WITHDRAWN, _E.CORRECT): _R.CORRECTED,
    (_R.WITHDRAWN, _E.WITHDRAW): _R.WITHDRAWN,
    **{(state, _E.CORRECT): _R.CORRECTED for state in _FINALS},
    **{(state, _E.ADD): _R.ADDENDED for state in _FINALS},
    **{(state, _E.WITHDRAW): _R.WITHDRAWN for state in _FINALS},
}


def next_report_state(state: ReportState, event: ReportEvent) -> ReportState:
    """Raises fsm.IllegalTransition, to be told as REPORT_STATE."""
    return next_state(REPORT_TABLE, state, event)


class CaseState(TextChoices):
    """Standards.md section 9. `overdue` is not a state: it is read off the clock."""

    PENDING = "pending", "Pending"
    NOTIFYING = "notifying", "Notifying"
    DELIVERED = "delivered", "Delivered"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    CLOSED = "closed", "Closed"
    RETRACTED = "retracted", "Retracted"


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
