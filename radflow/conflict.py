"""Two people with one thing: what is kept now beside what the slower one sent.

A form carries the version that was on the screen. Where another is kept by now, nothing
is written: the form comes back with all that was typed and with the version of now, so
that sending it again is a decision (templates/components/conflict.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Line:
    """One field in words; an empty text says that there is nothing."""

    label: str
    now: str
    mine: str


@dataclass(frozen=True)
class Conflict:
    """`by` is empty where nobody knows who it was.

    `theirs` is the address of what is kept. `form` is the id of the form that keeps
    mine; empty where mine cannot be kept any more. `version` goes with its button, for
    a form that stays as it is on the page.
    """

    by: str
    at: datetime | None
    lines: Sequence[Line]
    theirs: str
    form: str = ""
    version: int | None = None

    @property
    def mine(self) -> str:
        """What was typed, to be copied."""
        return "\n\n".join(f"{x.label}\n{x.mine}" for x in self.lines if x.mine)


def lines_of(mine: BaseForm, now: BaseForm | None = None) -> list[Line]:
    """Where the form as sent differs from the form as it would be shown now.

    Without `now` everything that was typed.
    """
    return list(_lines(mine, now))


def overtaken(
    form: BaseForm, by: str, at: datetime | None, theirs: str
) -> Conflict | None:
    """For what somebody else has settled meanwhile: mine can only be copied."""
    if not form.is_bound:
        return None
    return Conflict(by, at, lines=lines_of(form), theirs=theirs)


def _lines(mine: BaseForm, now: BaseForm | None) -> Iterator[Line]:
    for field in mine.visible_fields():
        typed = in_words(field)
        kept = in_words(now[field.name]) if now else ""
        if typed != kept:
            yield Line(str(field.label), kept, typed)


def in_words(field: BoundField) -> str:
    """The field's value as a person reads it on the page."""
    value = field.value()
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    choices: Any = getattr(field.field, "choices", None)
    if choices is not None:
        known = {str(one): str(label) for one, label in choices}
        return known.get(str(value or ""), "") if value else ""
    shown = field.field.widget.format_value(field.field.prepare_value(value))
    return str(shown or "").strip().replace("\r\n", "\n")


def renew(form: BaseForm, hidden: Mapping[str, object]) -> None:
    """The form as it was sent, with other hidden values such as the version of now."""
    data = form.data.copy()  # type: ignore[attr-defined]
    for name, value in hidden.items():
        data[form.add_prefix(name)] = str(value)
    form.data = data
