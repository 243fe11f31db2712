from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reports.models import Category, Method, SectionCode


def _shown(choices: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return [(value, _(label)) for value, label in choices]


class CriticalForm(forms.Form):
    """Flag a finding; the clock starts when it is sent."""

    category = forms.TypedChoiceField(
        label=_("Category"), choices=_shown(Category.choices), coerce=int
    )
    finding = forms.CharField(
        label=_("Finding"),
        max_length=500,
        help_text=_("As you would say it on the phone"),
    )


class SignForm(CriticalForm):
    """The last look; `version` is the draft that was shown."""

    use_required_attribute = False
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    critical = forms.BooleanField(required=False, label=_("The findings are critical"))

    def clean(self) -> dict[str, object]:
        """Category and finding are asked for only when the box is ticked."""
        if not self.data.get("critical"):
            self.errors.pop("category", None)
            self.errors.pop("finding", None)
        return self.cleaned_data


class AcknowledgeForm(forms.Form):
    person = forms.CharField(
        max_length=120,
        label=_("Spoken to"),
        help_text=_("The person who can act, no relay"),
    )
    method = forms.ChoiceField(choices=_shown(Method.choices), label=_("How"))
    read_back = forms.BooleanField(
        label=_("They repeated patient, finding and side"),
        error_messages={
            "required": _("Without read-back it is only delivered, not acknowledged.")
        },
    )
    note = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), label=_("Note")
    )


def sections_of(data: dict[str, str]) -> dict[str, str]:
    """The section texts of a posted editor, by LOINC code."""
    return {
        code: data[f"section-{code}"]
        for code in SectionCode.values
        if f"section-{code}" in data
    }
