from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from orders.catalogue.table import COLUMNS, MOST_BYTES, check
from orders.models import Procedure

if TYPE_CHECKING:
    ProcedureFormBase = forms.ModelForm[Procedure]
else:
    ProcedureFormBase = forms.ModelForm


class ProcedureForm(ProcedureFormBase):
    class Meta:
        model = Procedure
        fields = COLUMNS
        labels = {
            "duration_minutes": "Minutes",
            "laterality": "Side",
            "room_group": "Rooms",
            "active": "Can be ordered",
        }
        help_texts = {
            "system": "Coding system; ours is 99RADFLOW.",
            "room_group": "Where it is done by default.",
        }

    def clean_modality(self) -> str:
        return str(self.cleaned_data["modality"]).upper()

    def clean(self) -> dict[str, Any]:
        """The rules that files obey too."""
        told = super().clean() or {}
        if not self.errors:
            wanted = Procedure(pk=self.instance.pk, **told)
            wanted._state.adding = self.instance.pk is None
            try:
                check(wanted)
            except ValidationError as error:
                for name, texts in error.message_dict.items():
                    self.add_error(name if name in self.fields else None, texts)
        return told


class TableForm(forms.Form):
    file = forms.FileField(
        label="CSV file", help_text="UTF-8, with a head line, as it is exported."
    )

    def clean_file(self) -> bytes:
        file: Any = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError("The file is larger than 2 MB.")
        return bytes(file.read())


class MapForm(forms.Form):
    """`for_all` maps the code whoever sends it."""

    procedure = forms.ModelChoiceField(
        queryset=Procedure.objects.filter(active=True), empty_label="Choose a procedure"
    )
    for_all = forms.BooleanField(label="From every sender", required=False)
