from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from orders.catalogue.table import COLUMNS, LABELS, MOST_BYTES, check
from orders.models import Procedure, SequenceRule

if TYPE_CHECKING:
    ProcedureFormBase = forms.ModelForm[Procedure]
    RuleFormBase = forms.ModelForm[SequenceRule]
else:
    ProcedureFormBase = RuleFormBase = forms.ModelForm


class ProcedureForm(ProcedureFormBase):
    """`version` is the one that was on the screen."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Procedure
        fields = COLUMNS
        labels = LABELS
        help_texts = {
            "system": _("Coding system; ours is 99RADFLOW."),
            "modality": _("DICOM defined term."),
            "setup_minutes": _("The room is held so long before the exam."),
            "cleanup_minutes": _("The room is held so long after the exam."),
            "fasting": _("Mornings are proposed first."),
            "contrast": _("Contrast is recorded at its end; questions may ask for it."),
            "needs_protocol": _("Listed until a radiologist has said how it is done."),
            "sequence_classes": _("Such as barium, iodine; several with commas."),
            "room_group": _("Where it is done by default."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", self.instance.version)
        for name in ("code", "system", "modality"):
            self.fields[name].widget.attrs |= {"autocomplete": "off"}

    def clean_modality(self) -> str:
        return str(self.cleaned_data["modality"]).upper()

    def clean_setup_minutes(self) -> int:
        return self.cleaned_data["setup_minutes"] or 0

    def clean_cleanup_minutes(self) -> int:
        return self.cleaned_data["cleanup_minutes"] or 0

    def clean(self) -> dict[str, Any]:
        """The rules that files obey too."""
        told = super().clean() or {}
        if not self.errors:
            wanted = Procedure(pk=self.instance.pk, **self.columns())
            wanted._state.adding = self.instance.pk is None
            try:
                check(wanted)
            except ValidationError as error:
                for name, texts in error.message_dict.items():
                    self.add_error(name if name in self.fields else None, texts)
        return told

    def columns(self) -> dict[str, Any]:
        """What the catalogue keeps of it."""
        return {name: self.cleaned_data[name] for name in COLUMNS}


class SequenceForm(RuleFormBase):
    class Meta:
        model = SequenceRule
        fields = ["earlier", "later", "hours", "reason"]
        labels = {
            "earlier": _("After an exam of class"),
            "later": _("An exam of class"),
            "hours": _("Waits so many hours"),
            "reason": _("Reason"),
        }
        help_texts = {
            "later": _("Empty: any exam of the same patient."),
            "hours": _("From the end of the one to the start of the other."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hours"].widget.attrs["min"] = 1

    def clean_earlier(self) -> str:
        return str(self.cleaned_data["earlier"]).strip().lower()

    def clean_later(self) -> str:
        return str(self.cleaned_data["later"]).strip().lower()


class TableForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"), help_text=_("UTF-8, with a head line, as it is exported.")
    )

    def clean_file(self) -> bytes:
        file: Any = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than 2 MB."))
        return bytes(file.read())


class MapForm(forms.Form):
    """`for_all` maps the code whoever sends it."""

    procedure = forms.ModelChoiceField(
        label=_("Procedure"),
        queryset=Procedure.objects.filter(active=True),
        empty_label=_("Choose a procedure"),
    )
    for_all = forms.BooleanField(label=_("From every sender"), required=False)
