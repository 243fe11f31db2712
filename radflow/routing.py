"""WebSocket routes. A browser's socket must come from our own origin; a program
that signs in by bearer token has no cookies to be abused and needs no origin."""

from __future__ import annotations

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from radflow.live.auth import BearerOrSession
from radflow.live.consumers import LiveConsumer

_routes = URLRouter([path("ws/live/", LiveConsumer.as_asgi())])

websocket = BearerOrSession(
    session_stack=AllowedHostsOriginValidator(AuthMiddlewareStack(_routes)),
    bearer_stack=_routes,
)
