"""Why a write was refused; edges translate these, texts hold no patient data."""

from __future__ import annotations


class ReportError(Exception):
    """`code` for programs, `text` for a human."""

    code = "REPORT_ERROR"

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.code = code or self.code


class ReportRefused(ReportError):
    """The report's or exam's state, or its content, does not allow this."""

    code = "REPORT_STATE"


class NotHolder(ReportError):
    """Somebody else has claimed the report."""

    code = "REPORT_OWNER"


class CaseRefused(ReportError):
    code = "CASE_STATE"
