"""Which fields hold patient data, and text with these hidden.

Denied unless known: only the fields listed here are shown, so that a segment nobody
thought of tells nothing. A whole line that is no segment is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from radflow.hl7.message import Segment
from radflow.messaging.models import ContractStatus, ZField

HIDDEN = "••••"
_ALL = frozenset(range(1, 200))
# What tells of the order, the appointment and the transport, never of the person.
_SHOWN: dict[str, frozenset[int]] = {
    **dict.fromkeys(
        "MSH MSA EVN SFT BHS BTS FHS FTS DSC QAK RCP TQ1 TQ2 IPC ZDS RGS AIS AIG AIL "
        "AIP TXA PRC OM1".split(),
        _ALL,
    ),
    "ERR": _ALL - {5, 6},
    "ORC": _ALL - {16, 20, 28},
    "OBR": _ALL - {10, 12, 13, 31, 39},
    "PV1": frozenset({1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 14, 17, 44, 45, 51}),
    "PV2": frozenset({1}),
    "SCH": _ALL - {6, 7},
    "FT1": _ALL - {2, 3, 19},
    "OBX": _ALL - {5},
    "NTE": frozenset({1, 2, 4}),
    "QPD": frozenset({1, 2}),
    "QRD": frozenset({1, 2, 3, 4, 5, 6, 7, 9, 10, 12}),
    "SPM": frozenset({1, 2, 3, 4}),
}
_SET_ID = frozenset({1})
_WITH_SET_ID = frozenset("PID NK1 GT1 IN1 IN3 DG1 AL1 PR1 ACC".split())


class Mask:
    """What of one message is hidden; a contract's plain Z fields are shown."""

    def __init__(self, plain: Iterable[tuple[str, int]] = ()) -> None:
        self._plain = frozenset(plain)

    def hides(self, segment: str, number: int) -> bool:
        if segment in _SHOWN:
            return number not in _SHOWN[segment]
        if segment in _WITH_SET_ID:
            return number not in _SET_ID
        return (segment, number) not in self._plain

    def line(self, segment: Segment) -> str:
        """The segment as it stands, hidden values as dots between its delimiters."""
        if not segment.name:
            return HIDDEN
        if segment.name in ("MSH", "BHS", "FHS"):
            return segment.text
        mark = segment.text[3:4]
        fields = [
            blotted(segment.raw_field(number))
            if self.hides(segment.name, number)
            else segment.raw_field(number)
            for number in range(1, segment.field_count + 1)
        ]
        return mark.join([segment.text[:3], *fields])


def blotted(raw: str) -> str:
    """Each value as dots of one length, so that not even its length is told."""
    return re.sub(r"[^\^~&|]+", HIDDEN, raw)


def mask_for(segments: Iterable[Segment]) -> Mask:
    """The mask of a message: the Z fields that every contract calls plain are shown."""
    names = {one.name for one in segments if one.name.startswith("Z")}
    if not names:
        return Mask()
    found = ZField.objects.filter(
        contract__segment__in=names,
        contract__status__in=[ContractStatus.APPROVED, ContractStatus.EXAMPLE],
    ).values_list("contract__segment", "field", "holds_patient_data")
    rows = list(found)
    held = {(segment, number) for segment, number, holds in rows if holds}
    return Mask({(segment, number) for segment, number, _ in rows} - held)


class Revealed(Mask):
    """Hides nothing: somebody asked to see it, and that was audited."""

    def hides(self, segment: str, number: int) -> bool:
        return False

    def line(self, segment: Segment) -> str:
        return segment.text
