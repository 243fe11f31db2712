"""How a person wants the pages to look and to listen."""

from __future__ import annotations

from typing import Any

from django import forms

from radflow.accounts.models import Density, Language, Theme
from radflow.accounts.standing import ALL_SITES
from radflow.sites.models import Site


class PreferencesForm(forms.Form):
    """One preference or several; `chosen` holds them by field of User."""

    theme = forms.ChoiceField(choices=Theme.choices, required=False)
    density = forms.ChoiceField(choices=Density.choices, required=False)
    language = forms.ChoiceField(choices=Language.choices, required=False)
    keys = forms.ChoiceField(choices=[("on", "On"), ("off", "Off")], required=False)
    site = forms.CharField(required=False, max_length=12)

    def clean_site(self) -> Site | str:
        code = str(self.cleaned_data["site"])
        if code in ("", ALL_SITES):
            return code
        site = Site.objects.filter(code=code, enabled=True).first()
        if site is None:
            raise forms.ValidationError("Unknown site.")
        return site

    @property
    def chosen(self) -> dict[str, Any]:
        said = {name: value for name, value in self.cleaned_data.items() if value}
        if keys := said.pop("keys", ""):
            said["single_keys"] = keys == "on"
        if said.get("site") == ALL_SITES:
            said["site"] = None
        return said
