from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from orders.catalogue.questions import FIELDS, check
from orders.models import ProtocolChoice, SafetyQuestion, Said, Sex

if TYPE_CHECKING:
    QuestionFormBase = forms.ModelForm[SafetyQuestion]
    ChoiceFormBase = forms.ModelForm[ProtocolChoice]
else:
    QuestionFormBase = ChoiceFormBase = forms.ModelForm

_BOTH = [("", _("Both")), (Sex.FEMALE.value, Sex.FEMALE.label)]
_SEXES = [*_BOTH, (Sex.MALE.value, Sex.MALE.label)]


class QuestionForm(QuestionFormBase):
    """`version` is the one that was on the screen."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    stops_on = forms.MultipleChoiceField(
        label=_("Answers that stop the exam"),
        required=False,
        choices=[(said.value, _(str(said.label))) for said in Said],
        widget=forms.CheckboxSelectMultiple,
    )
    sex = forms.ChoiceField(
        label=_("Sex"),
        required=False,
        choices=_SEXES,
        help_text=_("Who is of another or no known sex is asked, too."),
    )

    class Meta:
        model = SafetyQuestion
        fields = FIELDS
        labels = {
            "site": _("Site"),
            "code": _("Code"),
            "text": _("Question"),
            "kind": _("Answer"),
            "unit": _("Unit"),
            "known": _("Shown beside it"),
            "modalities": _("Modalities"),
            "procedures": _("Procedure codes"),
            "with_contrast": _("Only exams with contrast"),
            "age_from": _("From age, years"),
            "age_to": _("To age, years"),
            "stops_below": _("Stops below"),
            "stops_above": _("Stops above"),
            "required": _("Must be answered before the exam begins"),
            "position": _("Order of asking"),
            "active": _("Is asked"),
        }
        help_texts = {
            "site": _("A site’s own question replaces the general one of that code."),
            "code": _("Short, such as PREGNANCY; refusals name it."),
            "modalities": _("Such as CT, MR; empty: all."),
            "procedures": _("Several with commas; empty: all."),
            "known": _("What the order brought; never taken as the answer."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", self.instance.version)
        self.initial["stops_on"] = [
            part for part in self.instance.stops_on.split(",") if part
        ]
        site = self.fields["site"]
        assert isinstance(site, forms.ModelChoiceField)
        site.empty_label = _("Every site")

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()

    def clean_stops_on(self) -> str:
        return ",".join(self.cleaned_data["stops_on"])

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or 0

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not self.errors:
            wanted = SafetyQuestion(**{name: told[name] for name in FIELDS})
            try:
                check(wanted)
            except ValidationError as error:
                for name, texts in error.message_dict.items():
                    self.add_error(name, texts)
        return told

    def columns(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIELDS}


class ProtocolChoiceForm(ChoiceFormBase):
    class Meta:
        model = ProtocolChoice
        fields = ["text", "code", "system", "contrast", "position"]
        labels = {
            "text": _("Protocol"),
            "code": _("Code"),
            "system": _("System"),
            "contrast": _("With contrast"),
            "position": _("Place in the list"),
        }
        help_texts = {"code": _("As scanners know it; the worklist carries it.")}
