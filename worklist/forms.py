from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.lifecycle import ExamState
from orders.models import ReleaseReason
from radflow.sites.models import Site
from radflow.sites.zones import exists, zone_named
from worklist.models import CannotSay, Room, Unread, VerificationMethod
from worklist.reasons import DISCONTINUATION_REASONS
from worklist.selectors import BoardFilter
from worklist.spoken import read_spoken

if TYPE_CHECKING:
    RoomFieldBase = forms.ModelChoiceField[Room]
else:
    RoomFieldBase = forms.ModelChoiceField

ANY_DAY = "any"
_DAYS = [("", _("Today")), ("tomorrow", _("Tomorrow")), (ANY_DAY, _("Any day"))]


class BoardForm(forms.Form):
    """The board's filters, as they stand in its address."""

    q = forms.CharField(required=False, strip=True, max_length=200)
    state = forms.MultipleChoiceField(required=False, choices=ExamState.choices)
    modality = forms.ChoiceField(required=False)
    day = forms.ChoiceField(required=False, choices=_DAYS)

    def __init__(self, data: Any, modalities: Iterable[str]) -> None:
        super().__init__(data)
        choices = [("", _("All")), *((name, name) for name in modalities)]
        self.fields["modality"] = forms.ChoiceField(required=False, choices=choices)

    def wanted(self, site: Site | None) -> BoardFilter:
        """What cannot be understood does not filter. A search looks at every day."""
        self.is_valid()
        values = self.cleaned_data
        text = values.get("q") or ""
        return BoardFilter(
            states=tuple(values.get("state") or ()),
            modality=values.get("modality") or "",
            day=None if text else _day(values.get("day") or ""),
            text=text,
            site=site,
        )


def _day(chosen: str) -> date | None:
    today = timezone.localdate()
    if chosen == "tomorrow":
        return date.fromordinal(today.toordinal() + 1)
    return None if chosen == ANY_DAY else today


class RoomField(RoomFieldBase):
    """Names the site too where rooms of several are offered."""

    names_site = False

    def label_from_instance(self, obj: Room) -> str:
        return f"{obj}, {obj.site}" if self.names_site else str(obj)


class ScheduleForm(forms.Form):
    """Where and when, by the clock of `zone`, the page's as the person saw it.

    `version` is the order as the person saw it.
    """

    room = RoomField(Room.objects.none(), empty_label=None, label=_("Room"))
    date = forms.DateField(
        label=_("Date"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    time = forms.TimeField(
        label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    duration = forms.IntegerField(min_value=5, max_value=600, label=_("Minutes"))
    overbook = forms.BooleanField(
        initial=False, required=False, label=_("Book although something is in the way")
    )
    why = forms.CharField(
        required=False, strip=True, max_length=150, label=_("Why it must be")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, rooms: Sequence[Room], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rooms = rooms
        choice = self.fields["room"]
        assert isinstance(choice, RoomField)
        choice.widget.attrs["autofocus"] = True
        choice.queryset = Room.objects.filter(pk__in=[room.pk for room in rooms])
        if len({room.site_id for room in rooms}) > 1:
            choice.queryset = choice.queryset.select_related("site")
            choice.names_site = True

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        is_whole = "date" in values and "time" in values
        if is_whole and not exists(self._written(), self._zone()):
            skipped = _("The clocks go forward then: this time does not exist.")
            self.add_error("time", skipped)
        if values.get("overbook") and not values.get("why"):
            self.add_error("why", _("Say why it is booked although it collides."))
        return values

    def start(self) -> datetime:
        return timezone.make_aware(self._written(), self._zone())

    def _written(self) -> datetime:
        return datetime.combine(self.cleaned_data["date"], self.cleaned_data["time"])

    def _zone(self) -> tzinfo:
        named = zone_named(self.cleaned_data.get("zone") or "")
        return named or timezone.get_current_timezone()


def _reasons() -> list[tuple[str, Any]]:
    return [(code, _(text)) for code, text in DISCONTINUATION_REASONS.items()]


class DiscontinueForm(forms.Form):
    """The reason is a code of CID 9300."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *_reasons()],
        widget=forms.Select(attrs={"autofocus": True}),
    )
    comment = forms.CharField(label=_("Comment"), required=False, max_length=300)


class GateForm(forms.Form):
    """What was read from the wristband and from the requisition."""

    wristband = forms.CharField(required=False, max_length=250)
    requisition = forms.CharField(required=False, max_length=250)
    source = forms.CharField(required=False)
    by_hand = forms.BooleanField(required=False, help_text="The first one was typed.")
    unread = forms.BooleanField(
        required=False, help_text="What is still missing cannot be read."
    )

    def method(self) -> VerificationMethod:
        """Scanned only if nothing of it was typed."""
        values = self.cleaned_data
        scanned = values["source"] == "scan" and not values["by_hand"]
        return VerificationMethod.SCANNED if scanned else VerificationMethod.TYPED


class BeginForm(forms.Form):
    verification = forms.IntegerField()


def _choices(labels: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(value, _(str(label))) for value, label in labels]


INSTEAD = [("", _("The patient says it")), *_choices(CannotSay.choices)]


class PersonForm(forms.Form):
    """What the patient said, or who said it for them, and the side.

    What is missing is told by field, in the order in which it is asked.
    """

    verification = forms.IntegerField()
    name_said = forms.BooleanField(required=False)
    birth_date = forms.CharField(required=False, max_length=40)
    cannot_say = forms.ChoiceField(required=False, choices=INSTEAD)
    witness = forms.CharField(required=False, max_length=80)
    side = forms.BooleanField(required=False)

    def __init__(self, data: Any, *, has_side: bool) -> None:
        super().__init__(data)
        self.has_side = has_side

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("cannot_say"):
            if not values.get("witness"):
                self.add_error("witness", _("Enter who checked or said it."))
        elif not self.errors:
            self._clean_said(values)
        said = values.get("birth_date")
        if said and read_spoken(said) is None:
            self.add_error("birth_date", _("Enter day, month and year: 14-07-1945."))
        if self.has_side and not values.get("side"):
            self.add_error("side", _("Confirm the side with the patient first."))
        return values

    def problems(self) -> str:
        """All of it in one line, for the place above the gate's lines."""
        return " ".join(str(text) for texts in self.errors.values() for text in texts)

    def _clean_said(self, values: dict[str, Any]) -> None:
        if not values.get("name_said"):
            self.add_error("name_said", _("Tick that the patient said the name."))
        if not values.get("birth_date"):
            self.add_error("birth_date", _("Enter the birth date the patient said."))


def _second_person() -> dict[str, forms.Field]:
    name = {"autocomplete": "off", "spellcheck": "false"}
    return {
        "username": forms.CharField(
            label=_("Second person: user name"),
            max_length=150,
            widget=forms.TextInput(attrs=name),
        ),
        "password": forms.CharField(
            label=_("Second person: password"),
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        ),
    }


class OverrideForm(forms.Form):
    """A second person signs with their own name and password."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *_choices(Unread.choices)],
        widget=forms.Select(attrs={"autofocus": True}),
    )
    comment = forms.CharField(
        label=_("What was done instead"),
        max_length=300,
        help_text=_("Such as: compared with the chart, new wristband ordered."),
    )
    username = _second_person()["username"]
    password = _second_person()["password"]


class ReleaseForm(forms.Form):
    """Why an exam goes on although an answer stops it; signed by a second person."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *_choices(ReleaseReason.choices)],
        widget=forms.Select(attrs={"autofocus": True}),
    )
    decided_by = forms.CharField(
        label=_("Radiologist who decided"),
        required=False,
        max_length=120,
        help_text=_("By name; may stay empty where the radiologist signs below."),
    )
    comment = forms.CharField(
        label=_("What was decided"),
        max_length=300,
        help_text=_("Such as: half the dose, implant card seen."),
    )
    username = _second_person()["username"]
    password = _second_person()["password"]
