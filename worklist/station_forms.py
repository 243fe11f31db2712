"""The form by which interface admins keep stations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from radflow.dicom.charsets import CODE_EXTENSIONS, CODECS, UTF_8
from worklist.forms import RoomField
from worklist.models import Room, Station, StationScope
from worklist.services.stations import FIELDS

if TYPE_CHECKING:
    StationFormBase = forms.ModelForm[Station]
else:
    StationFormBase = forms.ModelForm

# What is ticked comes last in each group.
GROUPS: Final[tuple[tuple[Any, tuple[str, ...]], ...]] = (
    (_("Identity"), ("name", "ae_title", "room", "modality", "charset", "enabled")),
    (
        _("Its worklist"),
        ("scope", "group", "look_ahead_hours", "look_behind_hours", "show_started"),
    ),
    (_("Who may call"), ("addresses", "certificate")),
)
_NAMES: Final = {
    UTF_8: "UTF-8",
    "": "ASCII",
    "ISO_IR 100": "Latin 1",
    "ISO_IR 101": "Latin 2",
    "ISO_IR 13": "JIS X 0201",
    "ISO_IR 203": "Latin 9",
    "ISO 2022 IR 87": "JIS X 0208",
    "ISO 2022 IR 149": "KS X 1001",
    "ISO 2022 IR 159": "JIS X 0212",
}


class StationForm(StationFormBase):
    """All settings; `revision` is the one that was on the screen."""

    room = RoomField(
        Room.objects.select_related("site"), label=_("Room"), empty_label=None
    )
    charset = forms.ChoiceField(label=_("Character set"), required=False)
    certificate = forms.CharField(
        label=_("Certificate"),
        required=False,
        # As tools print it, a colon between bytes.
        max_length=120,
        help_text=_("SHA-256 of the certificate it must show on the port with TLS."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Station
        fields = list(FIELDS)
        labels = {
            "name": _("Name"),
            "ae_title": _("AE title"),
            "modality": _("Modality"),
            "enabled": _("Enabled"),
            "scope": _("Shows"),
            "group": _("Room group"),
            "show_started": _("Shows started exams"),
            "look_ahead_hours": _("Look-ahead in hours"),
            "look_behind_hours": _("Look-behind in hours"),
            "addresses": _("Addresses"),
        }
        help_texts = {
            "name": _("As the scanner shows it, at most 16 characters."),
            "group": _("The rooms of all stations of this group share their exams."),
            "show_started": _("So that a scanner can append to an exam."),
            "look_ahead_hours": _(
                "Empty: as far as exams are planned. While both are empty, a query "
                "without any key is answered with today."
            ),
            "look_behind_hours": _(
                "Empty: without end. A patient who is here stays on it."
            ),
            "addresses": _(
                "Where it may call from, such as 10.4.2.0/24; several with commas; "
                "empty: anywhere."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("revision", self.instance.revision)
        room, charset = self.fields["room"], self.fields["charset"]
        assert isinstance(room, RoomField)
        assert isinstance(charset, forms.ChoiceField)
        room.names_site = True
        charset.choices = [(name, charset_label(name)) for name in _charsets()]
        scope = self.fields["scope"]
        assert isinstance(scope, forms.ChoiceField)
        scope.choices = [(one.value, _(one.label)) for one in StationScope]

    def clean_certificate(self) -> str:
        value: str = self.cleaned_data["certificate"]
        return value.replace(":", "").replace(" ", "").lower()

    def settings(self) -> dict[str, Any]:
        """What the service takes."""
        return {name: self.cleaned_data[name] for name in FIELDS}


def charset_label(name: str) -> str:
    known = _NAMES.get(name)
    return f"{name} ({known})" if name and known else name or known or ""


def _charsets() -> list[str]:
    """The usual ones first."""
    first = [name for name in _NAMES if name in {**CODECS, **CODE_EXTENSIONS}]
    return list(dict.fromkeys([*first, *CODECS, *CODE_EXTENSIONS]))
