"""Where a Z field may put its value: what an order message can really say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from radflow.hl7.errors import HL7Error
from radflow.hl7.timestamps import parse_ts

NOTE = "order.note"
_PRIORITIES = frozenset("SARPCT")
_SHORT = 16  # DICOM SH and AE: never cut (D9)
_ROUTE = 60
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Target:
    """`check` says what is wrong with a value, as the end of a sentence."""

    name: str
    label: str
    check: Callable[[str], str]
    annotates_only: bool = False


def is_uid(value: str) -> bool:
    """A DICOM UID (standards.md section 8.1)."""
    parts = value.split(".")
    digits = (p.isascii() and p.isdigit() and (p == "0" or p[0] != "0") for p in parts)
    return 0 < len(value) <= 64 and value[0] in "012" and len(parts) > 1 and all(digits)


def _uid(value: str) -> str:
    return "" if is_uid(value) else _("is no DICOM UID")


def _short(value: str) -> str:
    fits = len(value) <= _SHORT and "\\" not in value and value.isprintable()
    return (
        ""
        if fits
        else _("does not fit a scanner (%(most)s characters)") % {"most": _SHORT}
    )


def _modality(value: str) -> str:
    fits = 2 <= len(value) <= _SHORT and value.isascii() and value.isalnum()
    return "" if fits else _("is no DICOM modality")


def _moment(value: str) -> str:
    try:
        stamp = parse_ts(value, zone=_UTC)
    except HL7Error:
        return _("is no date and time")
    return _("names no hour") if stamp.precision in ("year", "month", "day") else ""


def _priority(value: str) -> str:
    return (
        "" if value.upper() in _PRIORITIES else _("is no priority (S, A, R, P, C, T)")
    )


def _route(value: str) -> str:
    """As rules list them, with commas or spaces between."""
    fits = len(value) <= _ROUTE and not set(value) & set(" ,")
    return "" if fits else _("is no code of a route")


def _anything(value: str) -> str:
    return ""


_ALL = (
    Target("study.uid", gettext_noop("Study Instance UID"), _uid),
    Target("step.station_ae", gettext_noop("Station AE title"), _short),
    Target("step.station_name", gettext_noop("Station name"), _short),
    Target("step.location", gettext_noop("Location of the step"), _short),
    Target("step.modality", gettext_noop("Modality"), _modality),
    Target("step.start", gettext_noop("Start of the slot"), _moment),
    Target("order.priority", gettext_noop("Priority"), _priority),
    Target("order.transport", gettext_noop("Transport"), _anything),
    Target("order.route", gettext_noop("Route after the exam"), _route),
    Target("order.callback", gettext_noop("Callback number"), _anything),
    Target("order.comments", gettext_noop("Comments"), _anything),
    Target(NOTE, gettext_noop("Timeline of the order"), _anything, annotates_only=True),
)
TARGETS = {target.name: target for target in _ALL}
