"""The warning beside a name: who else of today is called nearly the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from radflow.accounts.templatetags.display import clinical_date, clock
from worklist.differences import Piece, marked
from worklist.selectors.alike import LookAlikes, Person


@dataclass(frozen=True)
class Alike:
    """The likest other person, and this one's name with the letters that differ."""

    name: str
    born: str
    mrn: str
    place: str
    more: int
    family: tuple[Piece, ...]
    given: tuple[Piece, ...]

    @property
    def text(self) -> str:
        if not self.place:
            return _("Similar name today: %(name)s") % {"name": self.name}
        said = _("Similar name today: %(name)s, %(place)s")
        return said % {"name": self.name, "place": self.place}


def alike_of(patient: Any, mrn: str, found: LookAlikes) -> Alike | None:
    """`patient` has names and birth date, and its key as `patient_id` or `pk`."""
    person = Person(
        patient_id=getattr(patient, "patient_id", 0) or patient.pk,
        family_name=patient.family_name,
        given_name=patient.given_name,
        birth_date=patient.birth_date,
        birth_date_text=patient.birth_date_text,
        mrn=mrn,
    )
    others = found.of(person)
    return _against(person, others) if others else None


def _against(person: Person, others: tuple[Person, ...]) -> Alike:
    other = others[0]
    names = (other.family_name or _("Not known"), other.given_name)
    start = clock(other.start) if other.start else ""
    born = other.birth_date_text
    if other.birth_date:
        born = clinical_date(other.birth_date)
    return Alike(
        name=", ".join(name for name in names if name),
        born=born or _("Not known"),
        mrn=other.mrn or _("Not known"),
        place=" ".join(part for part in (other.room_name, start) if part),
        more=len(others) - 1,
        family=_pieces(person.family_name, other.family_name),
        given=_pieces(person.given_name, other.given_name),
    )


def _pieces(text: str, other: str) -> tuple[Piece, ...]:
    """Letter case does not tell people apart."""
    if len(text) == len(text.upper()) and len(other) == len(other.upper()):
        flags = marked(text.upper(), other.upper())
    else:
        flags = marked(text, other)
    pieces, place = [], 0
    for run, differs in flags:
        pieces.append((text[place : place + len(run)], differs))
        place += len(run)
    return tuple(pieces)
