from reports.lifecycle import CaseState, ReportState
from reports.models.case import (
    CaseEvent,
    Category,
    CriticalCase,
    EscalationStep,
    Method,
)
from reports.models.report import Report, ReportVersion, SectionCode

__all__ = [
    "CaseEvent",
    "CaseState",
    "Category",
    "CriticalCase",
    "EscalationStep",
    "Method",
    "Report",
    "ReportState",
    "ReportVersion",
    "SectionCode",
]
