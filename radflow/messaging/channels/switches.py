"""What people switch on a running channel; the settings stay as they are.

Each call says what shall be: said twice, nothing happens the second time.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.live import services as live
from radflow.messaging import nudge
from radflow.messaging.models import OutboundMessage, Peer

Destination = tuple[str, int]


@transaction.atomic
def pause_sending(*, peer_id: int, by: User, reason: str) -> Peer:
    """Nothing goes out until it is resumed; a drain under way ends."""
    peer = _lock(peer_id)
    if peer.sending_paused_at and peer.drain_until is None:
        return peer
    since = peer.sending_paused_at or timezone.now()
    changes = {"sending_paused_at": since, "drain_until": None, "paused_by": by}
    return _switch(peer, changes, "sending_paused", by, reason)


@transaction.atomic
def drain_sending(*, peer_id: int, by: User, reason: str) -> Peer:
    """What is queued now still goes; what is queued from now on waits."""
    peer = _lock(peer_id)
    last = OutboundMessage.objects.filter(peer=peer).order_by("-id").first()
    changes = {
        "sending_paused_at": peer.sending_paused_at or timezone.now(),
        "drain_until": last.pk if last else 0,
        "paused_by": by,
    }
    return _switch(peer, changes, "sending_drained", by, reason)


@transaction.atomic
def resume_sending(*, peer_id: int, by: User, reason: str) -> Peer:
    """What waited goes out, in its order; also a peer that did not answer is tried."""
    peer = _lock(peer_id)
    if peer.sending_paused_at is None:
        return peer
    changes = {
        "sending_paused_at": None,
        "drain_until": None,
        "retry_at": timezone.now(),
    }
    return _switch(peer, changes, "sending_resumed", by, reason)


@transaction.atomic
def redirect_sending(
    *, peer_id: int, to: Destination | None, by: User, reason: str
) -> Peer:
    """Send to another host and port for now; None goes back to the settings."""
    peer = _lock(peer_id)
    host, port = _checked(to) if to else ("", 0)
    if (peer.redirect_host, peer.redirect_port) == (host, port):
        return peer
    changes = {
        "redirect_host": host,
        "redirect_port": port,
        "retry_at": timezone.now(),
    }
    return _switch(peer, changes, "sending_redirected", by, reason, to=[host, port])


@transaction.atomic
def pause_applying(*, peer_id: int, by: User, reason: str) -> Peer:
    """Its messages are still stored and acknowledged, but wait to be applied."""
    peer = _lock(peer_id)
    if peer.applying_paused_at:
        return peer
    changes = {"applying_paused_at": timezone.now(), "paused_by": by}
    return _switch(peer, changes, "applying_paused", by, reason)


@transaction.atomic
def resume_applying(*, peer_id: int, by: User, reason: str) -> Peer:
    peer = _lock(peer_id)
    if peer.applying_paused_at is None:
        return peer
    return _switch(peer, {"applying_paused_at": None}, "applying_resumed", by, reason)


def _lock(peer_id: int) -> Peer:
    return Peer.objects.select_for_update().get(pk=peer_id)


def _checked(to: Destination) -> Destination:
    host, port = to[0].strip(), to[1]
    if not host or len(host) > 200:
        raise ValidationError({"redirect_host": _("Name the host to send to.")})
    if not 1 <= port <= 65535:
        raise ValidationError({"redirect_port": _("A port is between 1 and 65535.")})
    return host, port


def _switch(
    peer: Peer,
    changes: dict[str, Any],
    action: str,
    by: User,
    reason: str,
    **detail: Any,
) -> Peer:
    for name, value in changes.items():
        setattr(peer, name, value)
    peer.save(update_fields=[*changes])
    told = {"peer": peer.pk, "reason": reason.strip()[:200], **detail}
    audit.record(action, actor=by, detail=told)
    live.publish("channel", peer.pk)
    nudge.after_commit(nudge.RELAY)
    nudge.after_commit(nudge.DRAIN)
    return peer
