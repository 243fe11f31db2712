"""Alarms: told once when a fault starts and once when it cleared, whoever looks.

Several sweepers may run at once (beat's and the clock's): a partial unique index lets
one of them open an alarm, and the row's lock lets one of them clear it.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from radflow.audit import services as audit
from radflow.live import services as live
from radflow.messaging.channels.faults import Faults, inbound_faults, outbound_faults
from radflow.messaging.channels.figures import (
    Figures,
    inbound_figures,
    outbound_figures,
)
from radflow.messaging.models import (
    AlarmKind,
    ChannelAlarm,
    InboundMessage,
    InboundState,
    Peer,
)

logger = logging.getLogger(__name__)

_OPEN = """
INSERT INTO messaging_alarm (peer_id, kind, detail, started_at)
VALUES (%s, %s, %s, %s)
ON CONFLICT (peer_id, kind) WHERE cleared_at IS NULL DO NOTHING
RETURNING id
"""


def sweep_channels(now: datetime | None = None) -> int:
    """Open and clear what is due; returns how many alarms changed."""
    now = now or timezone.now()
    heard, sent = inbound_figures(now), outbound_figures(now)
    none = Figures()
    changed = 0
    for peer in Peer.objects.all():
        faults = inbound_faults(peer, heard.get(peer.pk, none), now)
        faults |= outbound_faults(peer, sent.get(peer.pk, none), now)
        changed += _tell(peer, faults, now)
    return changed


def open_problem_count() -> int:
    """Alarms that have not cleared, and messages that wait for a person."""
    alarms = ChannelAlarm.objects.filter(cleared_at=None).count()
    parked = InboundMessage.objects.filter(state=InboundState.PARKED)
    return alarms + parked.count()


def _tell(peer: Peer, faults: Faults, now: datetime) -> int:
    alarms = ChannelAlarm.objects.filter(peer=peer, cleared_at=None)
    known = set(alarms.values_list("kind", flat=True))
    started = [
        _start(peer, kind, text, now)
        for kind, text in faults.items()
        if kind not in known
    ]
    cleared = [_clear(peer, kind, now) for kind in known - set(faults)]
    return sum(started) + sum(cleared)


def _start(peer: Peer, kind: AlarmKind, text: str, now: datetime) -> bool:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_OPEN, [peer.pk, kind, text[:200], now])
            found = cursor.fetchone()
        if found is None:
            return False
        _record("channel_alarm_started", peer, kind, {"alarm": found[0], "text": text})
    logger.error("channel alarm: peer %s, %s", peer.pk, kind)
    return True


def _clear(peer: Peer, kind: str, now: datetime) -> bool:
    with transaction.atomic():
        alarms = ChannelAlarm.objects.filter(peer=peer, kind=kind, cleared_at=None)
        if not alarms.update(cleared_at=now):
            return False
        _record("channel_alarm_cleared", peer, kind, {})
    logger.warning("channel alarm cleared: peer %s, %s", peer.pk, kind)
    return True


def _record(action: str, peer: Peer, kind: str, more: dict[str, object]) -> None:
    detail = {"peer": peer.pk, "kind": str(kind), **more}
    audit.record(action, actor_text="radflow", detail=detail)
    live.publish("channel", peer.pk)
