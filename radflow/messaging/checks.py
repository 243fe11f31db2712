"""What a message must be before we take responsibility for it (standards.md 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address, ip_network
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from radflow.hl7.acks import HL7Error
from radflow.hl7.message import Message
from radflow.hl7.timestamps import parse_ts
from radflow.messaging.models import Peer
from radflow.messaging.models.peer import sender_of
from radflow.messaging.routes import handler_for

VERSIONS = frozenset(
    {"2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8"}
)
CONTROL_ID_LENGTH = 199
CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Origin:
    """By which of our ports and from where it came; empty where nobody asks."""

    host: str = ""
    local_port: int = 0
    certificate: str = ""


ANYWHERE = Origin()


@dataclass
class Verdict:
    """Whether to take it, from whom it is, and what it speaks of."""

    peer: Peer | None = None
    message: Message | None = None
    error: HL7Error | None = None
    keys: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_ack: bool = False


def examine(raw: bytes, peers: Sequence[Peer], origin: Origin = ANYWHERE) -> Verdict:
    """Check one message; never raises for what bytes can hold."""
    verdict = Verdict()
    try:
        _examine(raw, peers, origin, verdict)
    except HL7Error as error:
        verdict.error = error
    return verdict


_RESPONSES = frozenset({"ORR^O02", "ORL^O22", "ORG^O20", "ORI^O24"})


def is_acknowledgement(message_type: str) -> bool:
    """It answers a message of ours, so nobody waits for an application acknowledgement
    of it: two systems would thank each other."""
    plain = message_type.partition("^")[0] in ("ACK", "MCF")
    return plain or message_type in _RESPONSES


def _examine(
    raw: bytes, peers: Sequence[Peer], origin: Origin, verdict: Verdict
) -> None:
    message = verdict.message = Message.parse(raw)
    names = (message.sending_application, message.sending_facility)
    verdict.peer = sender_of(*names, peers)
    if verdict.peer and _reads_otherwise(verdict.peer):
        message = verdict.message = parse_from(verdict.peer, raw)
        if not _is_charset(verdict.peer.fallback_charset):
            verdict.warnings.append(
                gettext_noop("The character set of this peer does not exist")
            )
    verdict.warnings += message.warnings
    if verdict.peer and origin is not ANYWHERE:
        _check_origin(verdict.peer, origin)
    if is_acknowledgement(message.message_type):
        verdict.is_ack = True
        peer = verdict.peer
    else:
        peer = _check_header(message, verdict)
    handler = handler_for(message.message_type)
    handler.check(message)
    verdict.keys = list(handler.keys(message, peer))[:32]


def _reads_otherwise(peer: Peer) -> bool:
    return peer.fallback_charset != "iso8859_1" or peer.utf8_under_label


def parse_from(peer: Peer, raw: bytes) -> Message:
    """As this sender writes it; a character set that does not exist counts for none."""
    if not _is_charset(peer.fallback_charset):
        return Message.parse(raw, utf8_under_label=peer.utf8_under_label)
    return Message.parse(
        raw,
        fallback_charset=peer.fallback_charset,
        utf8_under_label=peer.utf8_under_label,
    )


@cache
def _is_charset(name: str) -> bool:
    """Whether HL7 can be read by it: Python also names codecs that are not of text."""
    try:
        return b"MSH|".decode(name) == "MSH|"
    except (LookupError, ValueError):
        return False


def _check_origin(peer: Peer, origin: Origin) -> None:
    """The names in MSH are a claim; address, port and certificate hold it up."""
    allowed = (
        _is_within(origin.host, peer.networks)
        and (peer.listener is None or peer.listener.port == origin.local_port)
        and peer.certificate.lower() in ("", origin.certificate.lower())
    )
    if not allowed:
        text = gettext_noop(
            "This sender may not come this way: address, port or certificate differ."
        )
        raise HL7Error("103", text, "MSH^1^3", ack="AR")


def _is_within(host: str, networks: Sequence[str]) -> bool:
    if not networks:
        return True
    try:
        address = ip_address(host)
        return any(address in ip_network(one, strict=False) for one in networks)
    except ValueError:
        return False


def _check_header(message: Message, verdict: Verdict) -> Peer | None:
    """The sender; None for a stranger where those are welcome."""
    _require(
        message.control_id, gettext_noop("Control ID (MSH-10) is missing."), "MSH^1^10"
    )
    if len(message.control_id) > CONTROL_ID_LENGTH:
        raise HL7Error(
            "102", gettext_noop("Control ID (MSH-10) is too long."), "MSH^1^10"
        )
    _require(
        message.header.value(9),
        gettext_noop("Message type (MSH-9) is missing."),
        "MSH^1^9",
    )
    _require(
        message.processing_id,
        gettext_noop("Processing id (MSH-11) is missing."),
        "MSH^1^11",
    )
    peer = verdict.peer
    version = message.version or "2.5.1"
    if version not in VERSIONS and (peer is None or version not in peer.extra_versions):
        raise HL7Error(
            "203",
            gettext_noop("This HL7 version is not supported."),
            "MSH^1^12",
            ack="AR",
        )
    if peer is None and settings.ACCEPT_UNKNOWN_SENDERS:
        verdict.warnings.append(gettext_noop("The sender is not known here"))
        return None
    if peer is None or not peer.enabled:
        raise HL7Error(
            "103",
            gettext_noop("Sender (MSH-3, MSH-4) is not known here."),
            "MSH^1^3",
            ack="AR",
        )
    if message.processing_id not in peer.processing_ids:
        raise HL7Error(
            "202",
            gettext_noop("This processing id is not accepted here."),
            "MSH^1^11",
            ack="AR",
        )
    _check_clock(message, peer, verdict)
    return peer


def _require(value: str, text: str, location: str) -> None:
    if not value:
        raise HL7Error("101", text, location)


def _check_clock(message: Message, peer: Peer, verdict: Verdict) -> None:
    """A sender whose clock is off is warned about, not refused; no time is fine."""
    if not message.message_time:
        verdict.warnings.append(gettext_noop("MSH-7 is empty"))
        return
    try:
        sent = parse_ts(message.message_time, zone=ZoneInfo(peer.time_zone)).value
    except HL7Error:
        verdict.warnings.append(gettext_noop("MSH-7 is not a valid time"))
        return
    except (ZoneInfoNotFoundError, ValueError, OSError):
        verdict.warnings.append(
            gettext_noop("The time zone of this peer does not exist")
        )
        return
    if abs(datetime.now(UTC) - sent) > CLOCK_TOLERANCE:
        verdict.warnings.append(
            gettext_noop("MSH-7 is more than five minutes from our clock")
        )


def refused_at_the_door(raw: bytes, peer: Peer) -> str:
    """What a sender would be told by settings that do not take its message."""
    error = examine(raw, [peer]).error
    if error is None:
        return ""
    said = _("Refused %(ack)s %(code)s: %(text)s")
    return said % {"ack": error.ack, "code": error.code, "text": _(error.text)}
