from __future__ import annotations

from typing import Any

from django import forms

from orders.models import LateralityRule, Priority, Procedure
from radflow.messaging.models import Peer

_SIDES = (("LEFT", "Left"), ("RIGHT", "Right"), ("BOTH", "Both"))


class ActForm(forms.Form):
    """Why; `version` is the order's that was on the screen."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=300, strip=True, widget=forms.Textarea(attrs={"rows": 2})
    )


class ProcedureField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The catalogue by modality, each with its code."""

    def label_from_instance(self, procedure: Procedure) -> str:
        return f"{procedure.modality} · {procedure.text} ({procedure.code})"


class NewOrderForm(forms.Form):
    procedure = ProcedureField(queryset=Procedure.objects.filter(active=True))
    laterality = forms.ChoiceField(
        label="Side", required=False, choices=[("", "Not given"), *_SIDES]
    )
    priority = forms.ChoiceField(choices=Priority.choices, initial=Priority.ROUTINE)
    reason = forms.CharField(max_length=500, strip=True)
    clinical_info = forms.CharField(
        label="Clinical information",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    start = forms.DateTimeField(
        label="Wanted at",
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        help_text="With a time the exam gets a slot; without one it waits for it.",
    )
    peer = forms.ModelChoiceField(
        label="Tell",
        required=False,
        queryset=Peer.objects.filter(enabled=True).exclude(host=""),
        empty_label="Nobody",
        help_text="The ordering system that is asked for a number and hears of it.",
    )

    def clean(self) -> dict[str, Any]:
        """The catalogue's rule for the side."""
        told = super().clean() or {}
        procedure, side = told.get("procedure"), told.get("laterality")
        if procedure is None:
            return told
        if procedure.laterality == LateralityRule.REQUIRED and not side:
            self.add_error("laterality", "This procedure needs a side.")
        if procedure.laterality == LateralityRule.NONE and side:
            self.add_error("laterality", "This procedure has no side.")
        return told
