"""The draft editor: a contract, its fields and samples as rows of one form."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from radflow.messaging.contracts.datatypes import DATATYPES
from radflow.messaging.contracts.drafts import (
    MOST_FIELDS,
    MOST_SAMPLES,
    Draft,
    Faults,
    Sample,
)
from radflow.messaging.contracts.rules import FieldRule
from radflow.messaging.contracts.targets import TARGETS
from radflow.messaging.models import ZField

_CODE = forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"})
ADD, REMOVE = "add", "remove"


class ContractForm(forms.Form):
    """The head of a contract; the services judge what is written."""

    segment = forms.CharField(label=_("Segment"), max_length=3, widget=_CODE)
    version = forms.CharField(
        label=_("Version"), max_length=20, initial="1.0.0", widget=_CODE
    )
    vendor = forms.CharField(label=_("Vendor"), max_length=60)
    product = forms.CharField(label=_("Product"), max_length=60)
    product_version = forms.CharField(
        label=_("Product versions"),
        max_length=40,
        initial="*",
        widget=_CODE,
        help_text=_("A range such as >=7.0,<8, or * for any."),
    )
    sending_application = forms.CharField(
        label=_("Sending application (MSH-3)"),
        max_length=60,
        initial="*",
        widget=_CODE,
        help_text=_("* for any."),
    )
    sending_facility = forms.CharField(
        label=_("Sending facility (MSH-4)"),
        max_length=60,
        initial="*",
        widget=_CODE,
        help_text=_("* for any."),
    )
    message_types = forms.CharField(
        label=_("Message types"),
        required=False,
        max_length=400,
        widget=_CODE,
        help_text=_("Such as ORM^O01 OML^O21; empty: in any message."),
    )
    evidence = forms.CharField(
        label=_("Evidence"),
        required=False,
        max_length=300,
        help_text=_("The document that says so. Needed for approval."),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def _number(label: Any, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, **more)


class FieldForm(forms.Form):
    field = forms.IntegerField(label=_("Field"), min_value=1, max_value=255)
    component = _number(_("Component"), max_value=99)
    name = forms.CharField(label=_("Name"), max_length=80)
    datatype = forms.ChoiceField(label=_("Type"), choices=[(n, n) for n in DATATYPES])
    required = forms.ChoiceField(label=_("Required"), choices=ZField.Required.choices)
    target = forms.ChoiceField(
        label=_("Goes to"),
        required=False,
        choices=[("", _("Nowhere: kept"))]
        + [(t.name, _(t.label)) for t in TARGETS.values()],
    )
    policy = forms.ChoiceField(
        label=_("How"), choices=ZField.Policy.choices, initial=ZField.Policy.ANNOTATE
    )
    on_error = forms.ChoiceField(
        label=_("If it breaks"), choices=ZField.OnError.choices
    )
    condition = forms.CharField(
        label=_("Condition"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "ZSI-3 valued"}),
    )
    max_length = _number(_("Longest"), max_value=65536)
    regex = forms.CharField(
        label=_("Pattern"), required=False, max_length=200, widget=_CODE
    )
    values = forms.CharField(
        label=_("Values, with blanks"), required=False, max_length=2000, widget=_CODE
    )
    lowest = forms.DecimalField(label=_("Lowest"), required=False, max_digits=16)
    highest = forms.DecimalField(label=_("Highest"), required=False, max_digits=16)
    repeats = forms.BooleanField(label=_("May repeat"), required=False)
    holds_patient_data = forms.BooleanField(label=_("Patient data"), required=False)

    def rule(self) -> FieldRule:
        values = dict(self.cleaned_data)
        values["component"] = values["component"] or 0
        values["values"] = tuple(values["values"].split())
        return FieldRule(**values)


class SampleForm(forms.Form):
    text = forms.CharField(label=_("Segment"), max_length=2000, widget=_CODE)
    valid = forms.ChoiceField(
        label=_("The contract"),
        choices=[("yes", _("must take it")), ("no", _("must refuse it"))],
    )

    def sample(self) -> Sample:
        told = self.cleaned_data
        return Sample(told["text"], told["valid"] == "yes")


FieldRows: Any = formset_factory(
    FieldForm, extra=0, max_num=MOST_FIELDS, absolute_max=MOST_FIELDS
)
SampleRows: Any = formset_factory(
    SampleForm, extra=0, max_num=MOST_SAMPLES, absolute_max=MOST_SAMPLES
)


Shown = dict[str, Any]


class Editor:
    """The three forms as one; works without scripts, rows come and go by buttons."""

    def __init__(
        self, data: Any = None, shown: Shown | None = None, is_unsaved: bool = False
    ) -> None:
        told = shown or {}
        self.is_unsaved = is_unsaved or data is not None
        self.head = ContractForm(data, initial=told.get("head"))
        self.fields: BaseFormSet[FieldForm] = FieldRows(
            data, prefix="fields", initial=told.get("fields", [{"field": 1}])
        )
        self.samples: BaseFormSet[SampleForm] = SampleRows(
            data, prefix="samples", initial=told.get("samples", [{}, {"valid": "no"}])
        )

    @property
    def parts(self) -> tuple[Any, ...]:
        """In the order of the page."""
        return (self.head, self.fields, self.samples)

    def is_valid(self) -> bool:
        return all(part.is_valid() for part in self.parts)

    def draft(self) -> Draft:
        head = dict(self.head.cleaned_data)
        head["message_types"] = tuple(re.split(r"[\s,]+", head["message_types"]))
        head["message_types"] = tuple(one for one in head["message_types"] if one)
        return Draft(
            **head,
            fields=tuple(form.rule() for form in self.fields),
            samples=tuple(form.sample() for form in self.samples),
        )

    def put(self, faults: Faults) -> None:
        """Each fault beside its field; places are named as the rows of the form."""
        for place, text in faults.items():
            rows, _, rest = place.partition("-")
            number, _, name = rest.partition("-")
            if rows in ("fields", "samples") and name:
                group: Any = self.fields if rows == "fields" else self.samples
                group.forms[int(number)].add_error(name, text)
            else:
                self.head.add_error(place if place in self.head.fields else None, text)


def shown_of(draft: Draft) -> Shown:
    head = {name: getattr(draft, name) for name in ContractForm.base_fields}
    head["message_types"] = " ".join(draft.message_types)
    return {
        "head": head,
        "fields": [_initial_field(rule) for rule in draft.fields],
        "samples": [
            {"text": one.text, "valid": "yes" if one.valid else "no"}
            for one in draft.samples
        ],
    }


def _initial_field(rule: FieldRule) -> dict[str, Any]:
    values = {**vars(rule), "component": rule.component or None}
    for bound in ("lowest", "highest"):
        number = values[bound]
        values[bound] = None if number is None else f"{number.normalize():f}"
    return {**values, "values": " ".join(rule.values)}


def with_rows_changed(data: Any) -> Shown:
    """As it was sent, one row more (`add=fields`) or less (`remove=fields-2`)."""
    shown: Shown = {
        "head": {name: data.get(name, "") for name in ContractForm.base_fields},
        "fields": _sent_rows(data, "fields", FieldForm, MOST_FIELDS),
        "samples": _sent_rows(data, "samples", SampleForm, MOST_SAMPLES),
    }
    if data.get(ADD) == "fields":
        last = _whole(shown["fields"][-1]["field"]) if shown["fields"] else 0
        shown["fields"].append({"field": last + 1})
    elif data.get(ADD) == "samples":
        shown["samples"].append({})
    rows, _, number = data.get(REMOVE, "").partition("-")
    if rows in ("fields", "samples"):
        del shown[rows][_whole(number) : _whole(number) + 1]
    return shown


def _sent_rows(
    data: Any, rows: str, form: type[forms.Form], most: int
) -> list[dict[str, Any]]:
    count = min(_whole(data.get(f"{rows}-TOTAL_FORMS", "")), most)
    return [
        {name: data.get(f"{rows}-{number}-{name}", "") for name in form.base_fields}
        for number in range(count)
    ]


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
