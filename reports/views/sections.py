"""The sections of a report as fields and as text to compare."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders.models import Order
from radflow.conflict import Line
from reports.models import Report, SectionCode

_ROWS = {SectionCode.FINDINGS: 8, SectionCode.IMPRESSION: 4}
_OTHER = {"LEFT": "RIGHT", "RIGHT": "LEFT"}
# Reports are written in the languages of the pages.
_SIDES = {
    "LEFT": {"left", "links", "linke", "linken", "linker", "linkes", "linkem"},
    "RIGHT": {"right", "rechts", "rechte", "rechten", "rechter", "rechtes", "rechtem"},
}
REQUIRED = (SectionCode.FINDINGS, SectionCode.IMPRESSION)


@dataclass(frozen=True)
class SectionView:
    """One section as a field; `warning` when its words name the other side."""

    code: str
    label: str
    text: str
    rows: int
    warning: str = ""

    @property
    def filled(self) -> bool:
        return bool(self.text.strip())

    @property
    def missing(self) -> bool:
        """Empty, though nothing is signed without it."""
        return not self.filled and self.code in REQUIRED


def section_views(texts: dict[str, str], order: Order) -> list[SectionView]:
    """All six, in the order they are sent."""
    return [_section(code, texts.get(code.value, ""), order) for code in SectionCode]


def _section(code: SectionCode, text: str, order: Order) -> SectionView:
    return SectionView(
        code=code.value,
        label=_(code.label),
        text=text,
        rows=max(_ROWS.get(code, 2), text.count("\n") + 1),
        warning=other_side(text, order.laterality),
    )


def other_side(text: str, laterality: str) -> str:
    """The word that names the side that was not ordered, if it stands alone."""
    if laterality not in _OTHER:
        return ""
    words = re.findall(r"[^\W\d_]+", text.lower())
    if any(word in _SIDES[laterality] for word in words):
        return ""
    return next((word for word in words if word in _SIDES[_OTHER[laterality]]), "")


def differences(typed: dict[str, str], report: Report) -> list[Line]:
    """What was typed against what is saved; browsers send CRLF."""
    pairs = [
        (code, text.replace("\r\n", "\n"), report.draft.get(code, ""))
        for code, text in typed.items()
    ]
    return [
        Line(_(SectionCode(code).label), theirs, mine)
        for code, mine, theirs in pairs
        if mine != theirs
    ]
