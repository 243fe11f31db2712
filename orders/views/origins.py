"""Values as pages show them, each with where it came from and what it was before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from orders.models import Pregnancy, Priority, Sex
from orders.selectors import Change

# Scanners and HL7 tell whole seconds: less than one is no difference.
SAME_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class Fact:
    """Which values make one line of a page; `names` are fields of the `of` model."""

    label: str
    names: tuple[str, ...]
    of: str = "order"
    is_code: bool = False
    missing: str = "Not given"


@dataclass(frozen=True)
class Step:
    """One change of a line, in words; `part` where the line has several values."""

    change: Change
    now: str
    was: str
    part: str

    @property
    def place(self) -> str:
        return self.change.place or _giver(self.change)

    @property
    def recorded_apart(self) -> bool:
        row = self.change.row
        return abs(row.recorded_at - row.at) >= SAME_MOMENT


@dataclass(frozen=True)
class Line:
    """A value with its history, newest first; no history: its source is not known."""

    fact: Fact
    text: str
    steps: Sequence[Step]

    @property
    def key(self) -> str:
        return f"{self.fact.of}-{self.fact.names[0]}"

    @property
    def source(self) -> str:
        return self.steps[0].place if self.steps else ""


def lines(facts: Iterable[Fact], subject: Any, changes: list[Change]) -> list[Line]:
    """Each fact's present value of `subject`, with the changes that made it."""
    return [
        Line(
            fact,
            in_one_line(fact, subject),
            [_step(fact, each) for each in reversed(changes) if _is_of(each, fact)],
        )
        for fact in facts
    ]


def _is_of(change: Change, fact: Fact) -> bool:
    return change.of == fact.of and change.field in fact.names


def _step(fact: Fact, change: Change) -> Step:
    part = "" if len(fact.names) == 1 else change.field.replace("_", " ")
    now, was = (in_words(change.field, value) for value in (change.now, change.was))
    return Step(change, now, was, part)


def in_one_line(fact: Fact, subject: Any) -> str:
    """The fact's values of `subject` as one text; a family name before its comma."""
    values = [in_words(name, getattr(subject, name, "")) for name in fact.names]
    said = [value for value in values if value]
    if fact.names[0] != "family_name":
        return ", ".join(said)
    return ", ".join(filter(None, (values[0], " ".join(filter(None, values[1:])))))


def _giver(change: Change) -> str:
    if change.row.user_id:
        return "Person"
    return "Rule"


_CODES: dict[str, dict[Any, str]] = {
    "priority": {choice.value: choice.label for choice in Priority},
    "sex": {choice.value: choice.label for choice in Sex},
    "pregnancy": {choice.value: choice.label for choice in Pregnancy},
}
_UNITS = {"weight_kg": "kg", "height_m": "m"}


def in_words(name: str, value: Any) -> str:
    """A value of the model or of the provenance, as a reader wants it."""
    if value in (None, "", [], {}):
        return ""
    if name in _CODES:
        return str(_CODES[name].get(value, value))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        parts = (value.get(part, "") for part in ("prefix", "given", "family"))
        return " ".join(part for part in parts if part) or value.get("id", "")
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    return f"{_moment(name, value)} {_UNITS.get(name, '')}".strip()


def _moment(name: str, value: Any) -> str:
    """Dates and times, also as the provenance keeps them; all else as it is."""
    is_date = name.endswith(("_date", "_at", "_start", "_time"))
    if is_date and isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else _day(value)
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%d-%b-%Y %H:%M")
    return value.strftime("%d-%b-%Y") if isinstance(value, date) else str(value)


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text
