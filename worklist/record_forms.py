"""What a technologist may record of an exam: contrast, dose, repeats, a note."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import ContrastGiven, ExamRecord, RepeatReason, Route
from orders.services.recording import MOST_REPEATS, Told

# Where a console shows these; others have none of them.
_CT = frozenset({"CT", "PT"})
_AREA = frozenset({"CR", "DX", "MG", "RF", "RG", "XA"})
_DOSES = ("dlp", "ctdi_vol", "dose_area_product")
MARK = "record"  # sent by the forms that record; a bare press does not


def _choices(empty: Any, labels: Any) -> list[tuple[str, Any]]:
    return [("", empty), *((value, _(str(label))) for value, label in labels)]


class Measure(forms.DecimalField):
    """A number as people read it off a console, with a comma or a point."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip().replace(",", ".")
        return super().to_python(value)


def _decimal(label: Any, places: int, most: int) -> Measure:
    return Measure(
        label=label,
        required=False,
        min_value=0,
        max_value=most,
        decimal_places=places,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class RecordForm(forms.Form):
    """`asks_contrast` makes it answer whether contrast was given."""

    contrast = forms.ChoiceField(
        label=_("Contrast"),
        required=False,
        choices=_choices(_("Not recorded"), ContrastGiven.choices),
    )
    contrast_agent = forms.CharField(
        label=_("Agent"), required=False, max_length=80, strip=True
    )
    contrast_volume_ml = _decimal(_("Volume, mL"), 1, 5000)
    contrast_route = forms.ChoiceField(
        label=_("Route"), required=False, choices=_choices("–", Route.choices)
    )
    dlp = _decimal(_("DLP, mGy·cm"), 2, 100_000)
    ctdi_vol = _decimal(_("CTDIvol, mGy"), 2, 10_000)
    dose_area_product = _decimal(_("DAP, Gy·cm²"), 3, 100_000)
    note = forms.CharField(
        label=_("Note to the radiologist"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "class": "in"}),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        modality: str,
        asks_contrast: bool,
        last: ExamRecord | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, initial=_initial(last), **kwargs)
        self.asks_contrast = asks_contrast
        self._keep_doses(modality)
        for reason in RepeatReason:
            self.fields[f"repeat_{reason}"] = forms.IntegerField(
                label=_(str(reason.label)),
                required=False,
                min_value=0,
                max_value=MOST_REPEATS,
                widget=forms.TextInput(
                    attrs={"inputmode": "numeric", "autocomplete": "off"}
                ),
            )

    def _keep_doses(self, modality: str) -> None:
        known = modality in _CT | _AREA
        for name in _DOSES:
            of_ct = name != "dose_area_product"
            if known and (modality in _CT) == of_ct:
                continue
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        given = values.get("contrast")
        agent = values.get("contrast_agent")
        if self.asks_contrast and not given:
            self.add_error("contrast", _("Say whether contrast was given."))
        if given == ContrastGiven.YES and not agent:
            self.add_error("contrast_agent", _("Name the agent."))
        if given != ContrastGiven.YES and (agent or values.get("contrast_volume_ml")):
            self.add_error(
                "contrast", _("An agent or a volume is entered: was it given?")
            )
        return values

    def doses(self) -> Iterator[forms.BoundField]:
        return (self[name] for name in _DOSES if name in self.fields)

    def repeats(self) -> Iterator[forms.BoundField]:
        return (self[f"repeat_{reason}"] for reason in RepeatReason)

    @property
    def counts_repeats(self) -> bool:
        """Open at once where something stands in it, or is wrong."""
        return any(field.value() or field.errors for field in self.repeats())

    def told(self) -> Told:
        values = self.cleaned_data
        names = [name for name in self.fields if not name.startswith("repeat_")]
        counts = {str(r): values.get(f"repeat_{r}") or 0 for r in RepeatReason}
        repeats = {reason: count for reason, count in counts.items() if count}
        return Told(**{name: values[name] for name in names}, repeats=repeats)


def _initial(last: ExamRecord | None) -> dict[str, Any]:
    """As it was recorded last; what is saved is a record of its own."""
    if last is None:
        return {}
    names = (
        "contrast",
        "contrast_agent",
        "contrast_volume_ml",
        "contrast_route",
        *_DOSES,
        "note",
    )
    counts = {f"repeat_{reason}": count for reason, count in last.repeats.items()}
    return {**{name: getattr(last, name) for name in names}, **counts}
