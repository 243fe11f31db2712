"""What a series holds, by modality and SOP classes (PS3.3 C.7.3.1.1.1, PS3.4 B.5)."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.uid import UID

from worklist.models import StudySeries

Holds = StudySeries.Holds
# (0008,0060) of series that are no images.
_BY_MODALITY = {
    "PR": Holds.STATES,
    "KO": Holds.KEYS,
    "SR": Holds.REPORT,
    "DOC": Holds.DOCUMENT,
    "REG": Holds.OTHER,
    "SEG": Holds.OTHER,
    "RTSTRUCT": Holds.OTHER,
    "AU": Holds.OTHER,
}
# Words of the registered names of SOP classes, the most telling first.
_BY_NAME = (
    ("Radiation Dose SR", Holds.DOSE),
    ("Key Object Selection", Holds.KEYS),
    ("Presentation State", Holds.STATES),
    ("Encapsulated", Holds.DOCUMENT),
    (" SR ", Holds.REPORT),
    ("Image", Holds.IMAGES),
)


def holds(modality: str, sop_classes: Sequence[str]) -> str:
    """SOP classes tell more than the modality: a dose report is an SR too."""
    for uid in sop_classes:
        name = UID(uid).name
        for word, what in _BY_NAME:
            if word in name:
                return what
    return _BY_MODALITY.get(modality, Holds.IMAGES)
