"""Who may see what is masked, for how long: kept in the session, always audited."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone

from radflow.audit import services as audit

FOR_ALL = timedelta(minutes=15)
_ONE, _ALL = "revealed_messages", "revealed_until"
MOST = 50


def reveal(request: HttpRequest, reference: str, *, every_message: bool) -> None:
    """Until signed out for this message, or for every message for 15 minutes."""
    if every_message:
        request.session[_ALL] = (timezone.now() + FOR_ALL).isoformat()
    else:
        seen = request.session.get(_ONE, [])
        request.session[_ONE] = [*seen, reference][-MOST:]
    scope = "every message for 15 minutes" if every_message else "this message"
    audit.record_view(
        request, "message_revealed", detail={"message": reference, "scope": scope}
    )


def mask_again(request: HttpRequest) -> None:
    for key in (_ONE, _ALL):
        request.session.pop(key, None)


def revealed_until(request: HttpRequest) -> datetime | None:
    """The end of the 15 minutes that still run."""
    kept = request.session.get(_ALL)
    until = datetime.fromisoformat(kept) if kept else None
    return until if until and until > timezone.now() else None


def is_revealed(request: HttpRequest, reference: str) -> bool:
    return reference in request.session.get(_ONE, []) or bool(revealed_until(request))
