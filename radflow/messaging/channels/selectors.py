"""Every channel as it is now, judged at this moment: no sweeper needs to be alive."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from radflow.messaging.channels import registry
from radflow.messaging.channels.channel import Channel, ChannelState
from radflow.messaging.channels.faults import Faults, inbound_faults, outbound_faults
from radflow.messaging.channels.figures import (
    Figures,
    inbound_figures,
    outbound_figures,
)
from radflow.messaging.channels.gaps import allowed_gap
from radflow.messaging.destinations import destination_of
from radflow.messaging.models import AlarmKind, Listener, Peer
from radflow.messaging.selectors import IN, OUT

QUIET = timedelta(hours=1)
_STOPS = {
    AlarmKind.SILENT,
    AlarmKind.NOT_APPLIED,
    AlarmKind.UNREACHABLE,
    AlarmKind.NOT_SENT,
}


def channels(now: datetime) -> list[Channel]:
    """By name of the peer, what comes in before what goes out; then those of DICOM."""
    heard, sent = inbound_figures(now), outbound_figures(now)
    ports = _ports()
    found: list[Channel] = []
    for peer in Peer.objects.select_related("listener", "paused_by"):
        came, went = heard.get(peer.pk, Figures()), sent.get(peer.pk, Figures())
        if came.last_at or not peer.receives:
            found.append(_inbound(peer, came, now, ports))
        if peer.receives or went.queue or went.errors:
            found.append(_outbound(peer, went, now))
    return [*found, *registry.provided(now)]


def _inbound(peer: Peer, heard: Figures, now: datetime, ports: str) -> Channel:
    faults = inbound_faults(peer, heard, now)
    gap = allowed_gap(peer, heard.last_at) if heard.last_at else None
    paused = peer.applying_paused_at is not None
    state = _state(peer, heard, faults, now, paused=paused, expected=bool(gap))
    where = _port(str(peer.listener.port)) if peer.listener else ports
    return _channel(IN, peer, heard, faults, now, state=state, where=where, gap=gap)


def _outbound(peer: Peer, sent: Figures, now: datetime) -> Channel:
    faults = outbound_faults(peer, sent, now)
    paused = peer.sending_paused_at is not None
    expected = sent.queue > 0
    state = _state(peer, sent, faults, now, paused=paused, expected=expected)
    where = str(destination_of(peer))
    return _channel(OUT, peer, sent, faults, now, state=state, where=where)


def _state(
    peer: Peer,
    figures: Figures,
    faults: Faults,
    now: datetime,
    *,
    paused: bool,
    expected: bool,
) -> ChannelState:
    """Where nothing is expected and nothing came for an hour, nobody can tell."""
    if paused or not peer.enabled:
        return ChannelState.PAUSED
    if _STOPS & set(faults):
        return ChannelState.DOWN
    is_quiet = figures.last_at is None or now - figures.last_at > QUIET
    return ChannelState.NO_DATA if is_quiet and not expected else ChannelState.UP


def _channel(
    direction: str,
    peer: Peer,
    figures: Figures,
    faults: Faults,
    now: datetime,
    *,
    state: ChannelState,
    where: str,
    gap: timedelta | None = None,
) -> Channel:
    return Channel(
        key=f"{direction}-{peer.pk}",
        name=f"{peer.name} {direction}",
        direction=direction,
        state=state,
        where=where,
        at=now,
        note=_note(peer, faults, state),
        peer_id=peer.pk,
        last_at=figures.last_at,
        minutes=figures.minutes,
        queue=figures.queue,
        oldest_at=figures.oldest_at,
        errors=figures.errors,
        recent_errors=figures.recent_errors,
        faults=tuple(faults),
        allowed_gap=gap,
    )


def _note(peer: Peer, faults: Faults, state: ChannelState) -> str:
    if state is not ChannelState.PAUSED:
        return " ".join(faults.values())
    if not peer.enabled:
        return _("Switched off in its settings.")
    who = {"who": peer.paused_by.display_name} if peer.paused_by else None
    if peer.drain_until is not None:
        if who:
            return _("Paused by %(who)s, what was queued still goes.") % who
        return _("Paused, what was queued still goes.")
    return _("Paused by %(who)s.") % who if who else _("Paused.")


def _ports() -> str:
    listeners = Listener.objects.filter(enabled=True)
    ports = {settings.MLLP_PORT, *listeners.values_list("port", flat=True)}
    return _port(", ".join(str(port) for port in sorted(ports)))


def _port(numbers: str) -> str:
    return _("port %(numbers)s") % {"numbers": numbers}
