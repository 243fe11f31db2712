"""Looking for people without a trace in addresses: the search waits in the session."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from orders.selectors import PatientSearch

_KEPT = "patient_searches"
MOST_KEPT = 5
TOO_LITTLE = _("Give an identifier, or a family name together with a birth date.")


class PatientSearchForm(forms.Form):
    identifier = forms.CharField(
        label=_("Identifier"),
        required=False,
        max_length=250,
        help_text=_("MRN, any other number, or the visit"),
        widget=forms.TextInput(attrs={"data-search": "", "autocomplete": "off"}),
    )
    family_name = forms.CharField(
        label=_("Family name"), required=False, max_length=194
    )
    given_name = forms.CharField(label=_("Given name"), required=False, max_length=100)
    birth_date = forms.DateField(
        label=_("Birth date"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        is_person = said.get("family_name") and said.get("birth_date")
        if not (said.get("identifier") or is_person or self.errors):
            missing = "birth_date" if said.get("family_name") else "identifier"
            self.add_error(missing, TOO_LITTLE)
        return said

    @property
    def wanted(self) -> PatientSearch:
        return PatientSearch(**self.cleaned_data)


def remember(request: HttpRequest, wanted: PatientSearch) -> str:
    """Keeps the search for this person alone; the token says nothing about it."""
    token = secrets.token_urlsafe(8)
    born = wanted.birth_date.isoformat() if wanted.birth_date else ""
    kept = request.session.get(_KEPT, {})
    kept[token] = {**vars(wanted), "birth_date": born}
    request.session[_KEPT] = dict(list(kept.items())[-MOST_KEPT:])
    return token


def recall(request: HttpRequest, token: str) -> PatientSearch | None:
    """None where the token is unknown, of another person, or too old."""
    kept = request.session.get(_KEPT, {}).get(token)
    if kept is None:
        return None
    born = date.fromisoformat(kept["birth_date"]) if kept["birth_date"] else None
    return PatientSearch(**{**kept, "birth_date": born})
