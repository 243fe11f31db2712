from reports.models.case import (
    CaseEvent,
    CaseState,
    Category,
    CriticalCase,
    EscalationStep,
    Method,
)
from reports.models.report import Report, ReportState, ReportVersion, SectionCode

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
