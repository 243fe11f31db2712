from __future__ import annotations

from django import forms


class ActForm(forms.Form):
    """Why; `version` is the order's that was on the screen."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=300, strip=True, widget=forms.Textarea(attrs={"rows": 2})
    )
