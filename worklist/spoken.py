"""A birth date as a patient says it and a person types it: day, month, year."""

from __future__ import annotations

import re
from datetime import date

from orders.models import Patient

_MONTHS = (
    ("JAN",),
    ("FEB",),
    ("MAR", "MÄR", "MRZ"),
    ("APR",),
    ("MAY", "MAI"),
    ("JUN",),
    ("JUL",),
    ("AUG",),
    ("SEP",),
    ("OCT", "OKT"),
    ("NOV",),
    ("DEC", "DEZ"),
)
_NUMBERS = {name: n for n, names in enumerate(_MONTHS, 1) for name in names}
_DAY_FIRST = re.compile(r"(\d{1,2})[\s./-]+(\d{1,2}|[^\W\d_]{3,9})[\s./-]+(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_IN_ONE = re.compile(r"(\d{2})(\d{2})(\d{4})")


def read_spoken(text: str) -> date | None:
    """`14-07-1945`, `14.7.1945`, `14 Jul 1945`, `14071945` or `1945-07-14`.

    Always the day first, and four digits of the year: anything else is not guessed.
    """
    said = text.strip().upper()
    if found := _YEAR_FIRST.fullmatch(said):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(said) or _IN_ONE.fullmatch(said):
        day, month, year = found.groups()
    else:
        return None
    number = int(month) if month.isdecimal() else _NUMBERS.get(month[:3], 0)
    try:
        return date(int(year), number, int(day))
    except ValueError:
        return None


def recorded_birth_date(patient: Patient) -> str:
    """`YYYYMMDD`, or as much of it as is on record."""
    if patient.birth_date:
        return f"{patient.birth_date:%Y%m%d}"
    return patient.birth_date_text[:8]


def said_fits(patient: Patient, text: str) -> bool:
    """A whole date was said, and it is what is on record, as far as that goes."""
    said, recorded = read_spoken(text), recorded_birth_date(patient)
    return bool(said and recorded) and f"{said:%Y%m%d}".startswith(recorded)
