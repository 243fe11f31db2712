"""What the wire helpers raise; no text carries a value, only keywords."""

from __future__ import annotations

from radflow.dicom import statuses


class DicomError(Exception):
    """Base of this package's errors."""


class IdentifierMismatch(DicomError):
    """The query cannot be understood: answered with status 0xA900."""

    status = statuses.IDENTIFIER_MISMATCH

    def __init__(self, keyword: str, comment: str) -> None:
        super().__init__(f"{keyword}: {comment}")
        self.keyword = keyword
        self.comment = comment


class ValueTooLong(DicomError):
    """An identifier does not fit its VR; cutting it would name something else."""

    def __init__(self, keyword: str, limit: int) -> None:
        super().__init__(f"{keyword} is longer than {limit} characters")
        self.keyword = keyword
        self.limit = limit


class PeerError(DicomError):
    """The peer refused the association or answered with a failure status."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
