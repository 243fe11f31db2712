"""What no station may be set to; each fault a sentence beside its field."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from radflow.dicom.charsets import is_supported

if TYPE_CHECKING:
    from worklist.models.room import Station

MOST_HOURS = 24 * 366
_AE_TITLE = re.compile(r"[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?\Z")
_CODE_STRING = re.compile(r"[A-Z][A-Z0-9_]{0,15}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


def faults_of(station: Station) -> dict[str, str]:
    """By field name; empty where all is well."""
    found = {name: check(station) for name, check in _CHECKS.items()}
    return {name: fault for name, fault in found.items() if fault}


def _ae_title(station: Station) -> str:
    if _AE_TITLE.match(station.ae_title):
        return ""
    return _("An AE title has up to 16 letters, digits and signs of ASCII.")


def _modality(station: Station) -> str:
    if _CODE_STRING.match(station.modality):
        return ""
    return _("A modality is a code in capital letters, such as CT.")


def _charset(station: Station) -> str:
    known = is_supported(station.charset)
    return "" if known else _("There is no such character set.")


def _group(station: Station) -> str:
    # The literal, not the choices: this file is below them.
    if station.scope == "group" and not station.group.strip():
        return _("Name the group whose exams it shows.")
    return ""


def _hours(name: str) -> Callable[[Station], str]:
    def check(station: Station) -> str:
        hours = getattr(station, name)
        if hours is None or hours <= MOST_HOURS:
            return ""
        return _("At most %(hours)s hours.") % {"hours": MOST_HOURS}

    return check


def _addresses(station: Station) -> str:
    for network in station.addresses:
        try:
            ip_network(network)
        except ValueError:
            return _("%(network)s is no address or network, such as 10.4.2.0/24.") % {
                "network": network
            }
    return ""


def _certificate(station: Station) -> str:
    known = not station.certificate or _SHA256.match(station.certificate)
    return "" if known else _("A SHA-256 has 64 hexadecimal digits, in lower case.")


_CHECKS: dict[str, Callable[[Station], str]] = {
    "ae_title": _ae_title,
    "modality": _modality,
    "charset": _charset,
    "group": _group,
    "look_ahead_hours": _hours("look_ahead_hours"),
    "look_behind_hours": _hours("look_behind_hours"),
    "addresses": _addresses,
    "certificate": _certificate,
}
