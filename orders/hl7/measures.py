"""Body measures told in OBX, in the units of DICOM (standards.md section 6.2)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from radflow.hl7.groups import Observation


@dataclass(frozen=True)
class Measure:
    """A body measure and its plausible range in DICOM's unit (section 6.2)."""

    loinc: str
    text: str
    factors: dict[str, Decimal]
    low: Decimal
    high: Decimal

    def is_told_by(self, observation: Observation) -> bool:
        """By its LOINC code, else by name."""
        code, text = observation.value(3, 1), observation.value(3, 2).lower()
        return code == self.loinc or text == self.text

    def read(self, value: str, unit: str) -> Decimal | None:
        """None for another unit, no number, or an implausible one."""
        factor = self.factors.get(unit.lower().strip("[]"))
        try:
            number = Decimal(value) * factor if factor else None
        except InvalidOperation:
            return None
        if number is None or not number.is_finite():
            return None
        return number if self.low <= number <= self.high else None


WEIGHT = Measure(
    "29463-7",
    "body weight",
    {"kg": Decimal(1), "g": Decimal("0.001")}
    | dict.fromkeys(("lb", "lb_av", "lbs"), Decimal("0.45359237")),
    Decimal("0.2"),
    Decimal(500),
)
HEIGHT = Measure(
    "8302-2",
    "body height",
    {"m": Decimal(1), "cm": Decimal("0.01"), "mm": Decimal("0.001")}
    | dict.fromkeys(("in", "in_i"), Decimal("0.0254")),
    Decimal("0.2"),
    Decimal("2.6"),
)
