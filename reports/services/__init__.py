"""Writes to reports and critical cases: the only way in for every edge."""

from reports.services.cases import acknowledge_case, close_case, open_case
from reports.services.drafting import (
    hand_back,
    open_report,
    release,
    save_draft,
    take_over,
)
from reports.services.escalating import escalate_due
from reports.services.signing import sign_report

__all__ = [
    "acknowledge_case",
    "close_case",
    "escalate_due",
    "hand_back",
    "open_case",
    "open_report",
    "release",
    "save_draft",
    "sign_report",
    "take_over",
]
