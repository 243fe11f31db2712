"""Patients of one site and day who are easily taken for each other; one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache

from django.db.models import F, FilteredRelation, Q
from django.utils import timezone
from jellyfish import soundex

from orders.identity import fold, sound
from radflow.live.keep import Kept
from radflow.sites.models import Site
from worklist.selectors.board import BoardFilter, filtered

_MOST = 2000
_KEPT_SECONDS = 60  # a room's new name leaves no event
_SHORTEST = 2  # letters of a given name that may stand for the whole of it


@dataclass(frozen=True)
class Person:
    """A patient as a list names them, with one exam of that day."""

    patient_id: int
    family_name: str
    given_name: str
    birth_date: date | None
    birth_date_text: str
    mrn: str
    room_name: str = ""
    start: datetime | None = None

    @cached_property
    def family(self) -> str:
        return fold(self.family_name)

    @cached_property
    def given(self) -> str:
        return fold(self.given_name)

    @property
    def born(self) -> str:
        return self.birth_date_text[:8]


class LookAlikes:
    """Who of these looks like a person, who need not be one of them."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._files: dict[str, list[Person]] = defaultdict(list)
        self._found: dict[Person, tuple[Person, ...]] = {}
        for person in people:
            for key in _family_keys(person.family):
                self._files[key].append(person)

    def of(self, person: Person) -> tuple[Person, ...]:
        """The likest first; looked for once, as many pages ask for the same people."""
        if person not in self._found:
            self._found[person] = tuple(self._look_for(person))
        return self._found[person]

    def _look_for(self, person: Person) -> list[Person]:
        if not person.family:
            return []
        near = {
            other.patient_id: other
            for key in _family_keys(person.family)
            for other in self._files.get(key, ())
            if other.patient_id != person.patient_id
        }
        alike = [other for other in near.values() if _is_alike(person, other)]
        return sorted(alike, key=lambda other: _distance(person, other))


def _read(day: date | None, site: Site | None) -> LookAlikes:
    orders = filtered(BoardFilter(day=day, site=site))
    preferred = Q(patient__identifiers__preferred=True)
    known = FilteredRelation("patient__identifiers", condition=preferred)
    rows = (
        orders.annotate(known=known)
        .order_by("-id")
        .values_list(
            "patient_id",
            "patient__family_name",
            "patient__given_name",
            "patient__birth_date",
            "patient__birth_date_text",
            F("known__value"),
            "room_name",
            "scheduled_start",
        )[:_MOST]
    )
    people: dict[int, Person] = {}
    for pk, family, given, born, born_text, mrn, room, start in rows:
        if pk not in people:
            names = (family, given, born, born_text)
            people[pk] = Person(pk, *names, mrn or "", room, start)
    return LookAlikes(people.values())


_look_alikes = Kept(lambda day, site, _zone: _read(day, site), _KEPT_SECONDS)


def look_alikes(day: date | None, site: Site | None) -> LookAlikes:
    """Of the day's exams that are not cancelled; without a day what the board shows.

    What is in a room of another site is left out. The newest 2,000 exams are looked at.
    """
    return _look_alikes(day, site, timezone.get_current_timezone_name())


@lru_cache(8192)
def _family_keys(family: str) -> frozenset[str]:
    """A name is filed under itself, itself with each letter left out, and its sound."""
    if not family:
        return frozenset()
    return _one_left_out(family) | {f"~{each}" for each in _sounds(family)}


def _sounds(family: str) -> set[str]:
    """By two rules, as Meyer and Maier are one to the second alone."""
    if not family.isascii():
        return set()
    return {sound(family, "").strip("|"), soundex(family)} - {""}


@lru_cache(8192)
def _one_left_out(name: str) -> frozenset[str]:
    shorter = (name[:i] + name[i + 1 :] for i in range(len(name)))
    return frozenset({name, *(each for each in shorter if each)})


def _is_alike(one: Person, other: Person) -> bool:
    """One family name; or nearly one, and something else that is nearly the same."""
    return (
        one.family == other.family
        or _given_near(one.given, other.given)
        or _digits_near(one.born, other.born)
        or _digits_near(one.mrn, other.mrn)
    )


def _given_near(one: str, other: str) -> bool:
    """One letter apart, or one the beginning of the other: Jan, Jane Anne."""
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= _SHORTEST and longer.startswith(shorter):
        return True
    return bool(_one_left_out(one) & _one_left_out(other))


def _digits_near(one: str, other: str) -> bool:
    """Equal, one character apart, or two of them exchanged."""
    if not one or len(one) != len(other):
        return False
    apart = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    if len(apart) == 2:
        return apart[0] == apart[1][::-1]
    return len(apart) < 2


def _distance(one: Person, other: Person) -> tuple[bool, bool, bool, bool, int]:
    return (
        one.family != other.family,
        one.given != other.given,
        not _given_near(one.given, other.given),
        not _digits_near(one.born, other.born),
        other.patient_id,
    )
