"""What is wrong with a peer's channels at a moment, from their figures alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from radflow.messaging.channels.figures import Figures
from radflow.messaging.channels.gaps import allowed_gap
from radflow.messaging.models import AlarmKind, Peer

Faults = dict[AlarmKind, str]

WAITING = timedelta(minutes=5)
RESULT = timedelta(minutes=30)
MANY_ERRORS, ERROR_SHARE = 5, 0.1
_NOT_APPLIED = gettext_noop(
    "%(count)s wait to be applied, the oldest for %(minutes)s min."
)
_NOT_SENT = gettext_noop("%(count)s wait to be sent, the oldest for %(minutes)s min.")


def inbound_faults(peer: Peer, heard: Figures, now: datetime) -> Faults:
    """By kind, in words without patient data; empty where all is well."""
    if not peer.enabled:
        return {}
    faults: Faults = {}
    if text := _silence(peer, heard, now):
        faults[AlarmKind.SILENT] = text
    if not peer.applying_paused_at and _waits_too_long(heard, now):
        faults[AlarmKind.NOT_APPLIED] = _waiting(heard, now, _NOT_APPLIED)
    taken = sum(heard.minutes)
    if heard.recent_errors >= max(MANY_ERRORS, taken * ERROR_SHARE):
        faults[AlarmKind.ERRORS] = _("%(count)s parked within the hour.") % {
            "count": heard.recent_errors
        }
    return faults


def outbound_faults(peer: Peer, sent: Figures, now: datetime) -> Faults:
    if not peer.enabled:
        return {}
    faults: Faults = {}
    if sent.errors:
        faults[AlarmKind.REFUSED] = _("%(count)s refused.") % {"count": sent.errors}
    if sent.accepted_at and now - sent.accepted_at > RESULT:
        age = _minutes(now - sent.accepted_at)
        faults[AlarmKind.UNANSWERED] = _(
            "No result of one accepted %(minutes)s min ago."
        ) % {"minutes": age}
    if peer.sending_paused_at:
        return faults
    if sent.fails:
        faults[AlarmKind.UNREACHABLE] = _("%(count)s tries: %(outcome)s.") % {
            "count": sent.attempts,
            "outcome": _(sent.outcome),
        }
    if _waits_too_long(sent, now):
        faults[AlarmKind.NOT_SENT] = _waiting(sent, now, _NOT_SENT)
    return faults


def _silence(peer: Peer, heard: Figures, now: datetime) -> str:
    if heard.last_at is None:
        return ""
    allowed = allowed_gap(peer, heard.last_at)
    silent = now - heard.last_at
    if allowed is None or silent <= allowed:
        return ""
    return _("Nothing for %(silent)s min, %(allowed)s min allowed.") % {
        "silent": _minutes(silent),
        "allowed": _minutes(allowed),
    }


def _waits_too_long(figures: Figures, now: datetime) -> bool:
    return figures.oldest_at is not None and now - figures.oldest_at > WAITING


def _waiting(figures: Figures, now: datetime, what: str) -> str:
    age = _minutes(now - figures.oldest_at) if figures.oldest_at else 0
    return _(what) % {"count": figures.queue, "minutes": age}


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
