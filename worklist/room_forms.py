"""What who manages rooms fills in: a room, its scanners, hours and blocks."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from radflow.sites.models import Site
from worklist.models import BlockKind, Room, RoomHours, Station
from worklist.services.rooms import Interval

if TYPE_CHECKING:
    RoomFormBase = forms.ModelForm[Room]
    StationFormBase = forms.ModelForm[Station]
else:
    RoomFormBase = StationFormBase = forms.ModelForm

_PER_DAY = 3


class RoomForm(RoomFormBase):
    class Meta:
        model = Room
        fields = ["name", "site", "location", "position", "enabled"]
        labels = {
            "name": _("Name"),
            "site": _("Site"),
            "location": _("Location"),
            "position": _("Place in lists"),
            "enabled": _("In use"),
        }
        help_texts = {
            "location": _("As scanners are told, at most 16 characters."),
            "position": _("The lowest number comes first."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["site"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.empty_label = None
        choice.queryset = Site.objects.all()


class StationForm(StationFormBase):
    class Meta:
        model = Station
        fields = ["name", "ae_title", "modality", "charset", "enabled"]
        labels = {
            "name": _("Name"),
            "ae_title": _("AE title"),
            "modality": _("Modality"),
            "charset": _("Character set"),
            "enabled": _("In use"),
        }
        help_texts = {"name": "", "charset": ""}

    def clean_modality(self) -> str:
        return str(self.cleaned_data["modality"]).strip().upper()

    def clean_ae_title(self) -> str:
        """PS3.5 AE: no backslash, no control character, spaces around do not count."""
        title = str(self.cleaned_data["ae_title"]).strip()
        if not title or not title.isascii() or not title.isprintable() or "\\" in title:
            raise ValidationError(_("Printable ASCII without backslash."))
        return title


class HoursForm(forms.Form):
    """Three intervals a day; all empty: always open."""

    def __init__(self, data: Any = None, *, kept: list[RoomHours]) -> None:
        super().__init__(data)
        by_day: dict[int, list[RoomHours]] = {}
        for one in kept:
            by_day.setdefault(one.weekday, []).append(one)
        for day, name in WEEKDAYS.items():
            for number in range(max(_PER_DAY, len(by_day.get(day, [])))):
                known = dict(enumerate(by_day.get(day, []))).get(number)
                for end, label in (("opens", _("opens")), ("closes", _("closes"))):
                    self.fields[f"{end}-{day}-{number}"] = forms.TimeField(
                        label=f"{name} {number + 1} {label}",
                        required=False,
                        initial=getattr(known, end, None),
                        widget=forms.TimeInput(
                            attrs={"type": "time", "class": "in"}, format="%H:%M"
                        ),
                    )

    def days(self) -> list[tuple[str, list[tuple[Any, Any]]]]:
        return [(str(name), self._pairs(day)) for day, name in WEEKDAYS.items()]

    def _pairs(self, day: int) -> list[tuple[Any, Any]]:
        numbers = (
            n.split("-")[2] for n in self.fields if n.startswith(f"opens-{day}-")
        )
        return [(self[f"opens-{day}-{n}"], self[f"closes-{day}-{n}"]) for n in numbers]

    def clean(self) -> dict[str, Any]:
        for name in [one for one in self.fields if one.startswith("opens-")]:
            other = name.replace("opens", "closes")
            opens, closes = (self.cleaned_data.get(one) for one in (name, other))
            if (opens is None) != (closes is None) and not self.errors:
                self.add_error(
                    other if closes is None else name, _("Say both times, or none.")
                )
        return self.cleaned_data

    def intervals(self) -> list[Interval]:
        found = []
        for name, opens in self.cleaned_data.items():
            if name.startswith("opens-") and isinstance(opens, time):
                closes = self.cleaned_data[name.replace("opens", "closes")]
                found.append(Interval(int(name.split("-")[1]), opens, closes))
        return found


def _moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )


class BlockForm(forms.Form):
    """By the clock of the room's site. `displaces` are the bookings that were shown."""

    start = _moment(_("From"))
    end = _moment(_("To"))
    kind = forms.ChoiceField(
        label=_("Why"), choices=lambda: [(k.value, _(k.label)) for k in BlockKind]
    )
    reason = forms.CharField(label=_("Text"), required=False, max_length=200)
    displaces = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, site: Site, **kwargs: Any) -> None:
        with timezone.override(site.zone):
            super().__init__(data, **kwargs)
        self.zone = site.zone

    def full_clean(self) -> None:
        """Django reads times in the active zone: here the room's."""
        with timezone.override(self.zone):
            super().full_clean()

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and end <= start:
            self.add_error("end", _("The block must end after it begins."))
        return self.cleaned_data

    def named(self) -> list[int]:
        told = self.cleaned_data["displaces"].split(",")
        return [int(one) for one in told if one.isdecimal()]

    def times(self) -> tuple[datetime, datetime]:
        return self.cleaned_data["start"], self.cleaned_data["end"]
