"""An unattended desk locks: its session stays, its pages refuse until who left is back.

The browser keeps the session awake while somebody types or points, warns, and locks
(static/js/lock.js). Should it not, the server locks by itself a little later.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

ACTIVE_AT = "active_at"
LOCKED = "locked"
GRACE_SECONDS = 120  # what the browser may be late by
WRITE_SECONDS = 30  # a session is a row: not one write per request


def begin(session: SessionBase) -> None:
    """Somebody has just shown who they are."""
    session[ACTIVE_AT] = timezone.now().timestamp()
    session.pop(LOCKED, None)


def touch(session: SessionBase) -> None:
    """Somebody is at the desk."""
    now = timezone.now().timestamp()
    if now - session.get(ACTIVE_AT, 0) >= WRITE_SECONDS:
        session[ACTIVE_AT] = now


def lock(session: SessionBase) -> None:
    session[LOCKED] = True


def is_locked(session: SessionBase) -> bool:
    """Locked by hand or by a browser, or silent for longer than any browser lets it."""
    if session.get(LOCKED):
        return True
    active_at, limit = session.get(ACTIVE_AT), settings.IDLE_MINUTES * 60
    if not limit or active_at is None:
        return False
    return bool(timezone.now().timestamp() - active_at > limit + GRACE_SECONDS)


def allowed_while_locked(view: Any) -> Any:
    """Marks a view that a locked desk may still ask: it shows nobody's name."""
    view.radflow_while_locked = True
    return view


def shows_nobody(view: Any) -> bool:
    return getattr(view, "radflow_while_locked", False)
