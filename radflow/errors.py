"""What a person sees when the server fails: an incident to name, and all they had sent.

Shown without the database, which may be what failed. The page before is not kept by the
browser (no-store), so what was posted comes back here and can be sent again: a request
that failed has changed nothing.
"""

from __future__ import annotations

import logging
import secrets
import sys
from collections.abc import Iterator

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader

logger = logging.getLogger(__name__)

SECRET = ("password", "token", "secret", "csrfmiddlewaretoken")
RETRY_SECONDS = 10


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with the incident that the log has too; 503 while the database is away."""
    error = sys.exc_info()[1]
    away = isinstance(error, OperationalError | InterfaceError)
    incident = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}".upper()
    # The route and not the address: that may hold an identifier.
    route = getattr(request.resolver_match, "route", "") if request else ""
    logger.error("incident %s: %s at %s", incident, type(error).__name__, route)
    response = _answer(request, incident, away)
    response.headers["X-Incident"] = incident
    if away:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _answer(request: HttpRequest, incident: str, away: bool) -> HttpResponse:
    status = 503 if away else 500
    if request.path.startswith("/api/"):
        said = "The database is away." if away else "The server failed."
        return JsonResponse({"detail": said, "incident": incident}, status=status)
    if request.headers.get("X-Fragment") or request.headers.get("HX-Request"):
        return HttpResponse(f"Incident {incident}.", status=status)
    page = loader.get_template("503.html" if away else "500.html")
    context = {"incident": incident} | _sent(request)
    return HttpResponse(page.render(context), status=status)


def _sent(request: HttpRequest) -> dict[str, object]:
    """What was posted, to be seen and to be sent again; never a password."""
    if request.method != "POST":
        return {}
    token = request.POST.get("csrfmiddlewaretoken", "")
    sent = list(_fields(request))
    return {"sent": sent, "again": request.get_full_path(), "token": token}


def _fields(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, values in request.POST.lists():
        if not any(word in name.lower() for word in SECRET):
            yield from ((name, value) for value in values)
