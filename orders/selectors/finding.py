"""What a person means by a few characters typed or scanned anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy

from orders.identity import fold, sound
from orders.models import Order, Patient
from orders.selectors.patients import (
    PatientSearch,
    find_patients,
    patients_with_identifiers,
)

MOST_SHOWN = 8
_LEAST = 2
_LEAST_NUMBER = 4


@dataclass(frozen=True)
class Found:
    """At most `MOST_SHOWN` of each; `exact` if a number named them, not a beginning."""

    orders: list[Order] = field(default_factory=list)
    patients: list[Patient] = field(default_factory=list)
    exact: bool = False
    more: bool = False


def find_anything(text: str) -> Found:
    """Numbers of orders and people as written; else beginnings of numbers, or names.

    A name is `family`, `family given`, `given family` or `family, given`, each by its
    beginning; where no name begins so, people whose names sound the same.
    """
    wanted = text.strip()[:250]
    if len(wanted) < _LEAST:
        return Found()
    orders = list(_numbered(wanted)[:MOST_SHOWN])
    people = find_patients(PatientSearch(identifier=wanted))[:MOST_SHOWN]
    if orders or people:
        return Found(orders, people, exact=True)
    if any(c.isdigit() for c in wanted):
        return _begun(wanted)
    return _named(wanted)


def _numbered(number: str) -> QuerySet[Order]:
    said = {number, number.upper()}
    same = Q(accession_number__in=said) | Q(placer_order_number__in=said)
    same |= Q(filler_order_number__in=said)
    return _orders().filter(same)


def _begun(number: str) -> Found:
    if len(number) < _LEAST_NUMBER:
        return Found()
    begun = _orders().filter(accession_number__startswith=number.upper())
    orders = list(begun.order_by("accession_number")[: MOST_SHOWN + 1])
    return Found(orders[:MOST_SHOWN], more=len(orders) > MOST_SHOWN)


def _orders() -> QuerySet[Order]:
    return Order.objects.select_related("patient")


def _named(text: str) -> Found:
    begun, alike = Q(), Q()
    for family, given in readings(text):
        begun |= _begins("name_key", family, given)
        if sounds := sound(family, given).strip("|"):
            alike |= _begins("sound_key", *_halves(sounds))
    if not begun:
        return Found()
    return _people(begun) or _people(alike) or Found()


def _halves(sounds: str) -> tuple[str, str]:
    family, _, given = sounds.partition("|")
    return family, given


def _begins(key: str, family: str, given: str) -> Q:
    """Keys are `FAMILY|GIVEN`; a given name settles where the family name ends."""
    beginning = f"{family}|{given}" if given else family
    return Q(**{f"{key}__startswith": beginning})


def readings(text: str) -> Iterator[tuple[str, str]]:
    """The (family, given) that a text may mean, folded; the likeliest first."""
    family, comma, given = text.partition(",")
    if comma:
        if fold(family):
            yield fold(family), fold(given)
        return
    words = [word for word in map(fold, re.split(r"\s+", text)) if word]
    if not words:
        return
    yield "".join(words), ""
    for cut in range(1, len(words)):
        yield "".join(words[:cut]), "".join(words[cut:])
        yield "".join(words[cut:]), "".join(words[:cut])


class _ByPrefix(OrderBy):
    """In the order of the index for prefixes, so that no more is read than shown.

    Django takes an ordering apart at its last word, which SQL does not allow here.
    """

    template = "%(expression)s USING ~<~ /* ASC */"


def _people(which: Q) -> Found | None:
    if not which:
        return None
    rows = patients_with_identifiers().filter(which, merged_into=None)
    people = list(rows.order_by(_ByPrefix(F("name_key")), "id")[: MOST_SHOWN + 1])
    if not people:
        return None
    return Found(patients=people[:MOST_SHOWN], more=len(people) > MOST_SHOWN)
