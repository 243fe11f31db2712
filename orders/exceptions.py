"""Why a write was refused; edges translate these, texts hold no patient data."""

from __future__ import annotations


class OrderError(Exception):
    """`code` as in standards.md section 14, `text` for a human."""

    code = "ORDER_ERROR"

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.code = code or self.code


class UnknownOrder(OrderError):
    code = "UNKNOWN_ORDER"


class PatientMismatch(OrderError):
    """The identifiers lead to a person whose name or birth date says otherwise."""

    code = "PATIENT_MISMATCH"


class AccessionUsed(OrderError):
    code = "ACCESSION_USED"


class DuplicateOrder(OrderError):
    code = "DUPLICATE_ORDER"


class VersionConflict(OrderError):
    """Somebody else changed it since it was read."""

    code = "VERSION_CONFLICT"


class AnswerRefused(OrderError):
    """An answer, a record or a protocol that cannot be kept as it is."""

    code = "ANSWER"
