"""What a message says otherwise, in words for a person who compares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from orders.models import HeldChange, Procedure
from orders.views.origins import in_words
from radflow.accounts.templatetags.display import clinical_date, translated

_DAY_LENGTH = 8


@dataclass(frozen=True)
class Difference:
    label: str
    ours: str
    theirs: str
    source: str


@dataclass(frozen=True)
class Told:
    """A held change with its differences in words."""

    change: HeldChange
    differences: Sequence[Difference]


def told(changes: Iterable[HeldChange]) -> list[Told]:
    """One query for the texts of all procedure codes, whatever they are."""
    found = list(changes)
    texts = _texts({code for one in found for code in _codes(one)})
    return [
        Told(one, [_difference(said, texts) for said in one.differences])
        for one in found
    ]


def value_in_words(name: str, value: str) -> str:
    """As HL7 has it, such as 19450714 or F; what is not whole stays as it came."""
    if name == "birth_date_text":
        return _birth_date(value)
    if name == "laterality":
        return translated(value.capitalize())
    return in_words(name, value)


def _birth_date(text: str) -> str:
    try:
        day = datetime.strptime(text[:_DAY_LENGTH], "%Y%m%d")
    except ValueError:
        return text
    return clinical_date(day.date()) if len(text) >= _DAY_LENGTH else text


def _codes(change: HeldChange) -> list[str]:
    return [
        code
        for one in change.differences
        if one["field"] == "procedure_code"
        for code in (one["ours"], one["theirs"])
    ]


def _texts(codes: set[str]) -> dict[str, str]:
    if not codes:
        return {}
    known = Procedure.objects.filter(code__in=codes)
    return dict(known.values_list("code", "text"))


def _difference(said: dict[str, str], texts: dict[str, str]) -> Difference:
    ours, theirs = (_value(said["field"], said[n], texts) for n in ("ours", "theirs"))
    return Difference(translated(said["label"]), ours, theirs, said.get("from", ""))


def _value(field: str, value: str, texts: dict[str, str]) -> str:
    if field == "procedure_code" and texts.get(value):
        return f"{texts[value]} ({value})"
    return value_in_words(field, value)
