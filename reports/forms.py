from __future__ import annotations

from django import forms

from reports.models import Category, Method, SectionCode


class CriticalForm(forms.Form):
    """Flag a finding; the clock starts when it is sent."""

    category = forms.TypedChoiceField(choices=Category.choices, coerce=int)
    finding = forms.CharField(
        max_length=500, help_text="As you would say it on the phone"
    )


class AcknowledgeForm(forms.Form):
    person = forms.CharField(
        max_length=120, label="Spoken to", help_text="The person who can act, no relay"
    )
    method = forms.ChoiceField(choices=Method.choices, label="How")
    read_back = forms.BooleanField(
        label="They repeated patient, finding and side",
        error_messages={
            "required": "Without read-back it is only delivered, not acknowledged."
        },
    )
    note = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), label="Note"
    )


def sections_of(data: dict[str, str]) -> dict[str, str]:
    """The section texts of a posted editor, by LOINC code."""
    return {
        code: data[f"section-{code}"]
        for code in SectionCode.values
        if f"section-{code}" in data
    }
