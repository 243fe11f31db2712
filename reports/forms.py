from __future__ import annotations

from django import forms

from reports.models import Category, Method, SectionCode


class CriticalForm(forms.Form):
    """Flag a finding; the clock starts when it is sent."""

    category = forms.TypedChoiceField(choices=Category.choices, coerce=int)
    finding = forms.CharField(
        max_length=500, help_text="As you would say it on the phone"
    )


class SignForm(CriticalForm):
    """The last look; `version` is the draft that was shown."""

    use_required_attribute = False
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    critical = forms.BooleanField(required=False, label="The findings are critical")

    def clean(self) -> dict[str, object]:
        """Category and finding are asked for only when the box is ticked."""
        if not self.data.get("critical"):
            self.errors.pop("category", None)
            self.errors.pop("finding", None)
        return self.cleaned_data


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
