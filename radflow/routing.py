"""WebSocket routes. A browser's socket must come from our own origin; a program
that signs in by bearer token has no cookies to be abused and needs no origin."""

from __future__ import annotations

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from radflow.live.auth import BearerOrSession
from radflow.live.consumers import LiveConsumer

# The stubs know `path` for HTTP views only; Channels documents it for consumers.
_live: Any = LiveConsumer.as_asgi()
_paths: list[Any] = [path("ws/live/", _live)]
_routes = URLRouter(_paths)

websocket = BearerOrSession(
    session_stack=AllowedHostsOriginValidator(AuthMiddlewareStack(_routes)),
    bearer_stack=_routes,
)
