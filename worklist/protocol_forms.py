"""Which exams are listed for protocolling, and what is decided of one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models import ProtocolChoice
from orders.services.protocolling import Wanted
from radflow.sites.models import Site
from worklist.selectors.protocolling import ProtocolFilter

_DAYS = [("", _("Any day")), ("today", _("Today")), ("tomorrow", _("Tomorrow"))]
FREE = "free"


class ProtocolFilterForm(forms.Form):
    """What cannot be understood does not filter."""

    modality = forms.ChoiceField(label=_("Modality"), required=False)
    site = forms.ModelChoiceField(
        Site.objects.filter(enabled=True),
        label=_("Site"),
        required=False,
        empty_label=_("All sites"),
        to_field_name="code",
    )
    day = forms.ChoiceField(label=_("Day"), required=False, choices=_DAYS)

    def __init__(self, data: Any, modalities: Iterable[str]) -> None:
        super().__init__(data)
        choices = [("", _("All modalities")), *((one, one) for one in modalities)]
        self.fields["modality"] = forms.ChoiceField(
            label=_("Modality"), required=False, choices=choices
        )

    def wanted(self) -> ProtocolFilter:
        self.is_valid()
        values = self.cleaned_data
        return ProtocolFilter(
            modality=values.get("modality") or "",
            site=values.get("site"),
            day=_day(values.get("day") or ""),
        )


def _day(chosen: str) -> date | None:
    today = timezone.localdate()
    days = {"today": today, "tomorrow": today + timedelta(days=1)}
    return days.get(chosen)


class ProtocolForm(forms.Form):
    """One of the catalogue's protocols, or free text; `version` as it was seen."""

    choice = forms.ChoiceField(label=_("Protocol"), widget=forms.RadioSelect)
    text = forms.CharField(label=_("In words"), required=False, max_length=200)
    contrast = forms.BooleanField(label=_("With contrast"), required=False)
    note = forms.CharField(
        label=_("Note to the technologist"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "class": "in"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, offered: Iterable[ProtocolChoice], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        listed = [(str(one.pk), _name(one)) for one in offered]
        self.fields["choice"] = forms.ChoiceField(
            label=_("Protocol"),
            choices=[*listed, (FREE, _("Another one, in words"))],
            widget=forms.RadioSelect,
        )
        if not listed:
            self.initial.setdefault("choice", FREE)

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        text = values.get("text")
        if values.get("choice") == FREE and not text:
            self.add_error("text", _("Write how it is to be done."))
        if values.get("choice") not in (FREE, None) and text:
            self.add_error("choice", _("Choose one, or write one: not both."))
        return values

    def decided(self) -> Wanted:
        values = self.cleaned_data
        is_free = values["choice"] == FREE
        return Wanted(
            choice=None if is_free else int(values["choice"]),
            text=values["text"] if is_free else "",
            contrast=is_free and values["contrast"],
            note=values["note"],
        )


def _name(one: ProtocolChoice) -> str:
    contrast = _("with contrast") if one.contrast else ""
    return ", ".join(str(part) for part in (one.text, contrast) if part)
