"""The two-identifier check of standards.md section 10, as a pure comparison."""

from __future__ import annotations

import unicodedata
from enum import Enum
from typing import TYPE_CHECKING

import jellyfish

if TYPE_CHECKING:
    from orders.models import Patient
    from orders.requests import PatientRequest

PLACEHOLDERS = frozenset({"", "UNKNOWN", "UNBEKANNT", "NONAME", "XXX", "TEST"})


class Comparison(Enum):
    SAME = "same"
    WARN = "warn"
    CONFLICT = "conflict"


def fold(name: str) -> str:
    """Upper case without accents, spaces and punctuation."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(c for c in plain if c.isalnum()).upper()


def sound(family: str, given: str) -> str:
    """Metaphone of two folded names; empty for scripts that it does not know."""
    if not (family.isascii() and given.isascii()):
        return ""
    sounds = (jellyfish.metaphone(family), jellyfish.metaphone(given))
    return "|".join(each.replace(" ", "") for each in sounds)[:40]


def compare(patient: Patient, request: PatientRequest) -> Comparison:
    """How well a message's demographics fit the person on file.

    Empty and placeholder values do not count; an initial equals the given name.
    Only the family name differs (marriage), or only the birth date: a warning. The
    twin pattern (given name alone), name and birth date together, or the sex along
    with either: a conflict.
    """
    family = _differs(patient.family_name, request.family_name)
    given = _given_differs(patient.given_name, request.given_name)
    born = _born_differs(patient.birth_date_text, request.birth_date_text)
    sex = _sex_differs(patient.sex, request.sex)
    name = family or given
    if (
        (given and not family and not born)
        or (name and born)
        or (sex and (name or born))
    ):
        return Comparison.CONFLICT
    return Comparison.WARN if name or born or sex else Comparison.SAME


def _differs(ours: str, theirs: str) -> bool:
    a, b = fold(ours), fold(theirs)
    return a not in PLACEHOLDERS and b not in PLACEHOLDERS and a != b


def _given_differs(ours: str, theirs: str) -> bool:
    a, b = fold(ours), fold(theirs)
    # An ideograph is a whole name; only letters that have a case are initials.
    if min(len(a), len(b)) == 1 and a[0] == b[0] and a[0] != a[0].lower():
        return False
    return _differs(ours, theirs)


def _born_differs(ours: str, theirs: str) -> bool:
    """Partial dates agree when one is the beginning of the other."""
    a, b = ours[:8], theirs[:8]
    shorter = min(len(a), len(b))
    return bool(shorter) and a[:shorter] != b[:shorter]


def _sex_differs(ours: str, theirs: str) -> bool:
    known = {"F", "M"}
    return ours in known and theirs in known and ours != theirs
