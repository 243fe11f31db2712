"""What no peer may be set to; each fault a sentence beside its field."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from radflow.messaging.models.mapping import faults_in

if TYPE_CHECKING:
    from radflow.messaging.models.peer import Peer

_VERSION = re.compile(r"[1-9]\.[0-9]{1,2}(\.[0-9]{1,2})?\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


def faults_of(peer: Peer) -> dict[str, str]:
    """By field name; empty where all is well."""
    found = {name: check(peer) for name, check in _CHECKS.items()}
    return {name: fault for name, fault in found.items() if fault}


def _facility(peer: Peer) -> str:
    if peer.sending_application == "*" != peer.sending_facility:
        return _("Any application goes with any facility only: * and *.")
    return ""


def _processing_ids(peer: Peer) -> str:
    return (
        ""
        if set(peer.processing_ids) <= set("PTD")
        else _("Only P, T and D are known.")
    )


def _port(peer: Peer) -> str:
    if peer.port > 65535:
        return _("The highest port is 65535.")
    return _("A host needs a port.") if peer.host and not peer.port else ""


def _time_zone(peer: Peer) -> str:
    try:
        ZoneInfo(peer.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _("There is no such zone.")
    return ""


def _charset(peer: Peer) -> str:
    try:
        "".encode(peer.fallback_charset)
    except LookupError:
        return _("There is no such character set.")
    return ""


def _mapping(peer: Peer) -> str:
    faults = faults_in(peer.mapping)
    return " ".join(f"{key}: {fault}".lstrip(": ") for key, fault in faults.items())


def _versions(peer: Peer) -> str:
    known = all(_VERSION.match(version) for version in peer.extra_versions)
    return "" if known else _("A version is written as 2.9.")


def _networks(peer: Peer) -> str:
    for network in peer.networks:
        try:
            ip_network(network)
        except ValueError:
            return _("%(network)s is no address or network, such as 10.4.2.0/24.") % {
                "network": network
            }
    return ""


def _certificate(peer: Peer) -> str:
    known = not peer.certificate or _SHA256.match(peer.certificate)
    return "" if known else _("A SHA-256 has 64 hexadecimal digits, in lower case.")


def _result_seconds(peer: Peer) -> str:
    return "" if 1 <= peer.result_seconds <= 60 else _("Between 1 and 60 seconds.")


def _ack_timeout(peer: Peer) -> str:
    return "" if 1 <= peer.ack_timeout <= 600 else _("Between 1 and 600 seconds.")


_CHECKS: dict[str, Callable[[Peer], str]] = {
    "sending_facility": _facility,
    "processing_ids": _processing_ids,
    "port": _port,
    "time_zone": _time_zone,
    "fallback_charset": _charset,
    "mapping": _mapping,
    "extra_versions": _versions,
    "networks": _networks,
    "certificate": _certificate,
    "result_seconds": _result_seconds,
    "ack_timeout": _ack_timeout,
}
