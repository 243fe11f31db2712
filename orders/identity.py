"""The two-identifier check of standards.md section 10, as a pure comparison."""

from __future__ import annotations

import hashlib
import unicodedata
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

import jellyfish

if TYPE_CHECKING:
    from orders.models import Patient
    from orders.requests import PatientRequest

PLACEHOLDERS = frozenset({"", "UNKNOWN", "UNBEKANNT", "NONAME", "XXX", "TEST"})
_ACCENTED = frozenset({"LATIN", "GREEK", "CYRILLIC"})


class Comparison(Enum):
    SAME = "same"
    WARN = "warn"
    CONFLICT = "conflict"


@lru_cache(8192)
def fold(name: str) -> str:
    """Upper case without accents, spaces and punctuation.

    Marks are accents over Latin, Greek and Cyrillic letters alone: elsewhere they are
    vowels, or the voice of a kana, without which it is another name.
    """
    kept: list[str] = []
    has_accents = False
    for char in unicodedata.normalize("NFKD", name):
        if unicodedata.category(char).startswith("M"):
            kept += [] if has_accents else [char]
        elif char.isalnum():
            kept.append(char)
            has_accents = _script(char) in _ACCENTED
    return "".join(kept).upper()


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
    given name (twins, or somebody else altogether), family name and birth date
    together, or the sex along with either: a conflict.
    """
    family, given = _names_differ(patient, request)
    born = _born_differs(patient.birth_date_text, request.birth_date_text)
    sex = _sex_differs(patient.sex, request.sex)
    if given or (family and born) or (sex and (family or born)):
        return Comparison.CONFLICT
    return Comparison.WARN if family or born or sex else Comparison.SAME


def difference_key(patient: Patient, request: PatientRequest) -> str:
    """SHA-256, in hex, of the folded values of both sides: equal for equal values.

    No secret: who knows both can make it again, so it stays beside the data.
    """
    sides = [
        (fold(one.family_name), fold(one.given_name), one.birth_date_text, one.sex)
        for one in (patient, request)
    ]
    return hashlib.sha256(repr(sides).encode()).hexdigest()


def _names_differ(patient: Patient, request: PatientRequest) -> tuple[bool, bool]:
    """Family and given name, in the script that both are written in.

    Without such a script nothing can be said of either; that warns like a marriage.
    """
    ours, theirs = _written(patient), _written(request)
    if not (ours and theirs):
        return False, False
    shared = [script for script in theirs if script in ours]
    if not shared:
        return True, False
    (family, given), (family_told, given_told) = ours[shared[0]], theirs[shared[0]]
    return _differs(family, family_told), _given_differs(given, given_told)


def _written(person: Patient | PatientRequest) -> dict[str, tuple[str, str]]:
    """Family and given name by script, the main one first."""
    further = (person.name_ideographic, person.name_phonetic)
    parts = [[person.family_name, person.given_name]]
    parts += [f"{name}^".split("^")[:2] for name in further]
    found: dict[str, tuple[str, str]] = {}
    for family, given in parts:
        said = [
            name for name in (fold(family), fold(given)) if name not in PLACEHOLDERS
        ]
        letters = [char for char in "".join(said) if char.isalpha()]
        if letters:
            found.setdefault(_script(letters[0]), (family, given))
    return found


def _script(char: str) -> str:
    """The first word of a letter's own name: LATIN, CJK, HIRAGANA."""
    return unicodedata.name(char, "").partition(" ")[0]


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
