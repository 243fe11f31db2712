from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import LateralityRule, Priority, Procedure
from radflow.messaging.models import Peer

_SIDES = (("LEFT", _("Left")), ("RIGHT", _("Right")), ("BOTH", _("Both")))


class ActForm(forms.Form):
    """Why; `version` is the order's that was on the screen."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ProcedureField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The catalogue by modality, each with its code."""

    def label_from_instance(self, procedure: Procedure) -> str:
        return f"{procedure.modality} · {procedure.text} ({procedure.code})"


class NewOrderForm(forms.Form):
    procedure = ProcedureField(
        label=_("Procedure"), queryset=Procedure.objects.filter(active=True)
    )
    laterality = forms.ChoiceField(
        label=_("Side"), required=False, choices=[("", _("Not given")), *_SIDES]
    )
    priority = forms.ChoiceField(
        label=_("Priority"),
        choices=[(one.value, _(one.label)) for one in Priority],
        initial=Priority.ROUTINE,
    )
    reason = forms.CharField(label=_("Reason"), max_length=500, strip=True)
    clinical_info = forms.CharField(
        label=_("Clinical information"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    start = forms.DateTimeField(
        label=_("Wanted at"),
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        help_text=_("With a time the exam gets a slot; without one it waits for it."),
    )
    peer = forms.ModelChoiceField(
        label=_("Tell"),
        required=False,
        queryset=Peer.objects.filter(enabled=True).exclude(host=""),
        empty_label=_("Nobody"),
        help_text=_("The ordering system that is asked for a number and hears of it."),
    )

    def clean(self) -> dict[str, Any]:
        """The catalogue's rule for the side."""
        told = super().clean() or {}
        procedure, side = told.get("procedure"), told.get("laterality")
        if procedure is None:
            return told
        if procedure.laterality == LateralityRule.REQUIRED and not side:
            self.add_error("laterality", _("This procedure needs a side."))
        if procedure.laterality == LateralityRule.NONE and side:
            self.add_error("laterality", _("This procedure has no side."))
        return told
