"""What an archive says it will keep: a storage commitment result (PS3.4 J.3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from radflow.dicom import statuses
from radflow.dicom.mpps import Problem
from radflow.dicom.reading import items, text

SOP_INSTANCE: Final = "1.2.840.10008.1.20.1.1"  # the only one there is
ALL_COMMITTED: Final = 1
SOME_FAILED: Final = 2


@dataclass(frozen=True, slots=True)
class Commitment:
    """Instances by UID; each that failed with its Failure Reason (0008,1197)."""

    transaction_uid: str
    committed: tuple[str, ...]
    failed: tuple[tuple[str, int], ...]


def validate(event_type: int, result: Dataset) -> Problem | None:
    if event_type not in (ALL_COMMITTED, SOME_FAILED):
        return Problem(statuses.NO_SUCH_EVENT_TYPE, "Event type is 1 or 2")
    needed = ["TransactionUID"]
    needed.append(
        "ReferencedSOPSequence" if event_type == ALL_COMMITTED else "FailedSOPSequence"
    )
    for keyword in needed:
        if not result.get(keyword):
            return Problem(statuses.INVALID_ARGUMENT, f"{keyword} is required")
    if not all(_uid(one) for keyword in _LISTS for one in items(result, keyword)):
        return Problem(statuses.INVALID_ARGUMENT, "ReferencedSOPInstanceUID is needed")
    return None


def read_commitment(result: Dataset) -> Commitment:
    """A result that `validate` lets pass."""
    return Commitment(
        transaction_uid=text(result, "TransactionUID"),
        committed=tuple(_uid(one) for one in items(result, "ReferencedSOPSequence")),
        failed=tuple(
            (_uid(one), _reason(one)) for one in items(result, "FailedSOPSequence")
        ),
    )


_LISTS = ("ReferencedSOPSequence", "FailedSOPSequence")


def _uid(item: Dataset) -> str:
    return text(item, "ReferencedSOPInstanceUID")


def _reason(item: Dataset) -> int:
    told = text(item, "FailureReason")
    return int(told) if told.isdigit() else statuses.PROCESSING_FAILURE
