"""Values as pages show them, each with where it came from and what it was before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.utils.translation import gettext, gettext_noop

from orders.models import Pregnancy, Priority, Provenance, Sex
from orders.selectors import Change
from radflow.accounts.templatetags.display import clinical_date, clock, translated

# The values of a line that holds several, in the middle of a sentence.
_NAMES = {
    "procedure_text": gettext_noop("procedure text"),
    "procedure_code": gettext_noop("procedure code"),
    "family_name": gettext_noop("family name"),
    "given_name": gettext_noop("given name"),
    "middle_name": gettext_noop("middle name"),
    "prefix": gettext_noop("prefix"),
    "suffix": gettext_noop("suffix"),
    "deceased": gettext_noop("deceased"),
    "deceased_at": gettext_noop("deceased at"),
}
# Scanners and HL7 tell whole seconds: less than one is no difference.
SAME_MOMENT = timedelta(seconds=1)

NOT_GIVEN = gettext_noop("Not given")


@dataclass(frozen=True)
class Fact:
    """Which values make one line of a page; `names` are fields of the `of` model."""

    label: str
    names: tuple[str, ...]
    of: str = "order"
    is_code: bool = False
    missing: str = NOT_GIVEN


@dataclass(frozen=True)
class Part:
    """One value's change in words; `name` where the line has several values."""

    name: str
    now: str
    was: str


@dataclass(frozen=True)
class Step:
    """What one cause changed of a line; `place` is where its first value stood."""

    row: Provenance
    place: str
    parts: Sequence[Part]

    @property
    def recorded_apart(self) -> bool:
        return abs(self.row.recorded_at - self.row.at) >= SAME_MOMENT


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
    return [told(fact, in_one_line(fact, subject), changes) for fact in facts]


def told(fact: Fact, text: str, changes: list[Change]) -> Line:
    return Line(fact, text, _steps(fact, changes))


def _steps(fact: Fact, changes: list[Change]) -> list[Step]:
    """Newest first; what came together is told together."""
    mine = [one for one in changes if one.of == fact.of and one.field in fact.names]
    causes = groupby(mine, key=lambda change: change.row.pk)
    return [_step(fact, list(together)) for _, together in causes][::-1]


def _step(fact: Fact, together: list[Change]) -> Step:
    together.sort(key=lambda change: fact.names.index(change.field))
    first = together[0]
    return Step(
        first.row,
        translated(first.place) or _giver(first),
        [_part(fact, change) for change in together],
    )


def _part(fact: Fact, change: Change) -> Part:
    name = "" if len(fact.names) == 1 else gettext(_NAMES[change.field])
    now, was = (in_words(change.field, value) for value in (change.now, change.was))
    return Part(name, now, was)


def in_one_line(fact: Fact, subject: Any) -> str:
    """The fact's values of `subject` as one text; a family name before its comma."""
    values = [in_words(name, getattr(subject, name, "")) for name in fact.names]
    said = [value for value in values if value]
    if fact.names[0] != "family_name":
        return ", ".join(said)
    return ", ".join(filter(None, (values[0], " ".join(filter(None, values[1:])))))


_MADE_HERE = ("accession_number", "filler_order_number", "study_instance_uid")


def _giver(change: Change) -> str:
    """What we make ourselves is nobody's entry, whoever placed the order."""
    is_made = change.field in _MADE_HERE
    is_person = change.row.user_id and not is_made
    return gettext("Person") if is_person else gettext("Rule")


_CODES: dict[str, dict[Any, object]] = {
    "priority": {choice.value: choice.label for choice in Priority},
    "sex": {choice.value: choice.label for choice in Sex},
    "pregnancy": {choice.value: choice.label for choice in Pregnancy},
}
_UNITS = {"weight_kg": "kg", "height_m": "m"}


def in_words(name: str, value: Any) -> str:
    """A value of the model or of the provenance, as a reader wants it."""
    if value in (None, "", [], {}):
        return ""
    if name == "laterality":
        return gettext(value)
    if name in _CODES:
        return gettext(str(_CODES[name].get(value, value)))
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
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
        return f"{clinical_date(value)} {clock(value)}"
    return clinical_date(value) if isinstance(value, date) else str(value)


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text
