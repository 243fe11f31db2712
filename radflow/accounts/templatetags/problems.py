"""What a refused form has to say, as the summary at its top lists it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import template
from django.forms import BaseForm, BaseFormSet, CheckboxInput

register = template.Library()


@dataclass(frozen=True)
class Problem:
    """`field` is the id of what takes the focus; empty where no field is to blame.

    A checkbox has no `label`: what it asks is a sentence, and so is what it lacks.
    """

    text: str
    label: str = ""
    field: str = ""


@register.filter
def problems(value: Any) -> list[Problem]:
    """Of a form, or of several forms and sets of them, in the order of the page."""
    several = [value] if isinstance(value, BaseForm) else value or ()
    return [problem for one in several for problem in _of(one)]


def _of(part: Any) -> Iterator[Problem]:
    if isinstance(part, BaseFormSet):
        yield from (Problem(str(text)) for text in part.non_form_errors())
        for form in part.forms:
            yield from _of(form)
        return
    yield from (Problem(str(text)) for text in part.non_field_errors())
    for field in part:
        for text in field.errors:
            asks = isinstance(field.field.widget, CheckboxInput)
            label = "" if asks else str(field.label)
            yield Problem(str(text), label, field.auto_id)
