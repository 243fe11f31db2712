"""What a coordinator fills in about slots: searching, giving up, waiting."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from radflow.sites.models import Site
from worklist.models import PartOfDay, Room
from worklist.reasons import CANCELLATION_REASONS
from worklist.selectors.free_time import LONGEST_SEARCH, Wishes
from worklist.selectors.schedule import day_range
from worklist.services.waiting import Wish

SEARCHED = timedelta(days=13)
SLOT, NO_SHOW, EXAM = "slot", "no_show", "exam"


def date_field(label: Any, *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def _parts() -> list[tuple[str, Any]]:
    return [(part.value, _(part.label)) for part in PartOfDay]


class FreeTimeForm(forms.Form):
    """Days by the clock of the page, both included."""

    first = date_field(_("From"))
    last = date_field(_("To"))
    part = forms.ChoiceField(label=_("Part of day"), required=False, choices=_parts)

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        first, last = values.get("first"), values.get("last")
        if first and last and last < first:
            self.add_error("last", _("It must not be before the first day."))
        if first and last and last - first > LONGEST_SEARCH:
            self.add_error("last", _("At most 120 days are searched at once."))
        return values

    def wishes(self, site: Site | None) -> Wishes:
        values = self.cleaned_data
        return Wishes(
            earliest=day_range(values["first"]).lower,
            latest=day_range(values["last"]).upper,
            part_of_day=values["part"],
            site=site,
        )


def days_from(first: date) -> dict[str, Any]:
    return {"first": first, "last": first + SEARCHED, "part": ""}


class GiveUpForm(forms.Form):
    """The reason is a code of CID 9300; who did not come has one of their own."""

    what = forms.ChoiceField(
        label=_("What is given up"),
        choices=[
            (SLOT, _("The slot: the exam waits for another one")),
            (NO_SHOW, _("The slot: the patient did not come")),
            (EXAM, _("The exam: it is not done")),
        ],
    )
    reason = forms.ChoiceField(label=_("Reason"), required=False)
    comment = forms.CharField(label=_("Comment"), required=False, max_length=300)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(code, _(text)) for code, text in CANCELLATION_REASONS.items()]
        self.fields["reason"] = forms.ChoiceField(
            label=_("Reason"),
            required=False,
            choices=[("", _("Choose a reason")), *known],
            help_text=_("Not needed where the patient did not come."),
        )

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("what") in (SLOT, EXAM) and not values.get("reason"):
            self.add_error("reason", _("Choose a reason"))
        return values


class WaitForm(forms.Form):
    """What an earlier slot must be; empty is no wish."""

    not_before = date_field(_("Not before"), required=False)
    not_after = date_field(_("Not after"), required=False)
    part_of_day = forms.ChoiceField(
        label=_("Part of day"), required=False, choices=_parts
    )
    room = forms.ModelChoiceField(
        Room.objects.none(), label=_("Room"), required=False, empty_label=_("Any room")
    )
    notice_hours = forms.IntegerField(
        label=_("Notice, hours"),
        min_value=0,
        max_value=720,
        initial=0,
        help_text=_("So long before the slot the patient must know."),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def __init__(self, *args: Any, rooms: list[Room], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["room"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = Room.objects.filter(pk__in=[room.pk for room in rooms])

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        first, last = values.get("not_before"), values.get("not_after")
        if last and last < timezone.localdate():
            self.add_error("not_after", _("This day has passed."))
        elif first and last and last < first:
            self.add_error("not_after", _("It must not be before the first day."))
        return values

    def wish(self) -> Wish:
        return Wish(**self.cleaned_data)


class SeriesForm(FreeTimeForm):
    """`every_days` 0: after each other, in the order that is soonest."""

    every_days = forms.IntegerField(
        label=_("Days between"),
        min_value=0,
        max_value=60,
        initial=0,
        help_text=_("0: after each other, in the order that is soonest."),
    )
