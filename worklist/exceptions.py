"""Why a write was refused; edges translate these, texts hold no patient data."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from radflow.dicom.mpps import Problem


class WorklistError(Exception):
    """`code` for programs, `text` for a human."""

    code = "WORKLIST_ERROR"

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.code = code or self.code


class SlotTaken(WorklistError):
    """Somebody else has the room then. Times are aware; `order_id` is the holder's."""

    code = "SLOT_TAKEN"

    def __init__(
        self, text: str, *, start: datetime, end: datetime, order_id: int | None
    ) -> None:
        super().__init__(text)
        self.start = start
        self.end = end
        self.order_id = order_id


class NotBookable(WorklistError):
    """The exam's state, modality or the room does not allow a booking."""

    code = "ORDER_STATE"


class GateRefused(WorklistError):
    """The exam may not begin on this check of identity."""

    code = "GATE"


class ScannerStillRunning(WorklistError):
    """A scanner has begun a performed step and not ended it."""

    code = "SCANNER_RUNNING"


class StationChanged(WorklistError):
    """Somebody changed the station since it was read; nothing was saved."""

    code = "STATION_CHANGED"

    def __init__(self, revision: int) -> None:
        text = _("Somebody changed this station meanwhile. Nothing was saved.")
        super().__init__(text)
        self.revision = revision


class StepRefused(Exception):
    """An N-CREATE or N-SET that is answered with `problem` and changes nothing."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.comment)
        self.problem = problem
