"""The forms by which people keep peers and listeners."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from radflow.hl7.charsets import CODECS
from radflow.messaging.models import Listener, Peer
from radflow.messaging.models.mapping import (
    CODE_SET,
    CODE_SETS,
    DICOM,
    KEYS,
    PROFILES,
    fault_in,
)
from radflow.messaging.peers import listeners
from radflow.messaging.peers.revisions import label_of
from radflow.messaging.peers.settings import FIELDS

if TYPE_CHECKING:
    PeerFormBase = forms.ModelForm[Peer]
    ListenerFormBase = forms.ModelForm[Listener]
else:
    PeerFormBase = ListenerFormBase = forms.ModelForm

MAPPED = {f"map_{key}": key for key in KEYS}
CODE_SET_FIELD = f"map_{CODE_SET}"
# What is ticked comes last in each group.
GROUPS: dict[str, tuple[str, ...]] = {
    "Identity": (
        "name",
        "sending_application",
        "sending_facility",
        "enabled",
    ),
    "Reading": (
        "profile",
        "default_authority",
        "fallback_charset",
        "time_zone",
        "processing_ids",
        "extra_versions",
        "utf8_under_label",
        "books_appointments",
        "marks_arrivals",
    ),
    "Answering": (
        "reply_style",
        "reused_id",
        "reply_at",
        "result_seconds",
    ),
    "Identity and order": ("merged_id", "drift", "upsert"),
    "Sending": (
        "host",
        "port",
        "version_out",
        "ack_timeout",
        "wants_status",
        "wants_results",
        "wants_scheduling",
        "wants_appointments",
        "wants_updates",
        "imaging_message",
        "tls_out",
        "release2_out",
        "enhanced_out",
    ),
    "Limits": ("listener", "networks", "certificate"),
    "Silence": ("allowed_gap",),
}

TITLES = {
    "Identity": gettext_lazy("Identity"),
    "Reading": pgettext_lazy("of messages", "Reading"),
    "Answering": gettext_lazy("Answering"),
    "Identity and order": gettext_lazy("Identity and order"),
    "Sending": gettext_lazy("Sending"),
    "Limits": gettext_lazy("Limits"),
    "Silence": gettext_lazy("Silence"),
}


class PeerForm(PeerFormBase):
    """All settings; `revision` is the one that was on the screen."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Why, for those who read the history."),
    )

    class Meta:
        model = Peer
        fields = [name for name in FIELDS if name != "mapping"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("revision", self.instance.revision)
        for name in self.Meta.fields:
            self.fields[name].label = label_of(name)
        self.fields["port"].required = False
        self.initial["port"] = self.instance.port or None
        # As tools print it, a colon between bytes.
        self.fields["certificate"] = forms.CharField(
            label=self.fields["certificate"].label,
            help_text=self.fields["certificate"].help_text,
            required=False,
            max_length=120,
        )
        self._offer_choices()
        self._add_mapping()

    def _offer_choices(self) -> None:
        sets = dict.fromkeys([self.instance.fallback_charset, *sorted(CODECS.values())])
        self.fields["fallback_charset"] = forms.ChoiceField(
            label=self.fields["fallback_charset"].label,
            choices=[(name, _charset(name)) for name in sets],
        )
        self.fields["time_zone"].widget.attrs["list"] = "time-zones"
        self.fields["extra_versions"].help_text = _(
            "Taken from it beyond 2.3 to 2.8. Several with commas."
        )
        networks = self.fields["networks"]
        networks.help_text = " ".join(
            [str(networks.help_text), _("Several with commas.")]
        )
        self.fields["ack_timeout"].help_text = ""
        self.fields["default_authority"].help_text = _(
            "Where CX-4 is empty; MSH-4 stands for the sending facility."
        )
        listener = self.fields["listener"]
        assert isinstance(listener, forms.ModelChoiceField)
        listener.empty_label = pgettext("of a sender", "Any")

    def _add_mapping(self) -> None:
        """One line per key, and the code set of the modality."""
        told = self.instance.mapping
        for name, key in MAPPED.items():
            self.fields[name] = forms.CharField(
                label=_(KEYS[key]),
                required=False,
                max_length=120,
                initial=", ".join(told.get(key, [])),
                widget=forms.TextInput(attrs={"spellcheck": "false"}),
            )
        self.fields[CODE_SET_FIELD] = forms.ChoiceField(
            label=_("Modality code set"),
            choices=[(name, _(label)) for name, label in CODE_SETS.items()],
            initial=told.get(CODE_SET, DICOM),
            required=False,
        )

    def clean_port(self) -> int:
        return self.cleaned_data["port"] or 0

    def clean_certificate(self) -> str:
        value: str = self.cleaned_data["certificate"]
        return value.replace(":", "").replace(" ", "").lower()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        mapping: dict[str, Any] = {}
        for name, key in MAPPED.items():
            if paths := _paths(values.get(name, "")):
                mapping[key] = paths
                if fault := fault_in(key, paths):
                    self.add_error(name, fault)
        if values.get(CODE_SET_FIELD, DICOM) not in ("", DICOM):
            mapping[CODE_SET] = values[CODE_SET_FIELD]
        if not self.errors.keys() & {*MAPPED, CODE_SET_FIELD}:
            self.instance.mapping = values["mapping"] = mapping
        return values

    def settings(self) -> dict[str, Any]:
        """What the service takes."""
        return {name: self.cleaned_data[name] for name in FIELDS}


class ListenerForm(ListenerFormBase):
    class Meta:
        model = Listener
        fields = list(listeners.FIELDS)
        labels = {
            "name": gettext_lazy("Name"),
            "enabled": gettext_lazy("Enabled"),
            "port": gettext_lazy("Port"),
            "security": gettext_lazy("Security"),
            "max_connections": gettext_lazy("Max connections"),
            "max_per_address": gettext_lazy("Max per address"),
            "idle_seconds": gettext_lazy("Idle seconds"),
        }


def profile_rows() -> list[tuple[str, list[str]]]:
    """Each key with where every profile looks, in the order of PROFILES."""
    return [
        (_(label), [_(", else ").join(found[key]) for found in PROFILES.values()])
        for key, label in KEYS.items()
    ]


def _charset(codec: str) -> str:
    """`iso8859_15` as people write it."""
    plain = (
        codec.upper().replace("ISO8859_", "ISO 8859-").replace("ISO2022_", "ISO 2022-")
    )
    return plain.replace("_", "-")


@cache
def time_zones() -> list[str]:
    return sorted(
        name for name in available_timezones() if "/" in name or name == "UTC"
    )


def _paths(text: str) -> list[str]:
    return [path.strip().upper() for path in text.split(",") if path.strip()]
