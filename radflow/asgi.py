"""The web process: pages and REST over HTTP, hints over WebSocket."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "radflow.settings")
# Each request runs in a thread of its own; a new connection costs more than a query.
os.environ.setdefault("RADFLOW_DATABASE_POOL", "20")
http = get_asgi_application()

from radflow.routing import websocket  # noqa: E402  (needs the app registry)

application = ProtocolTypeRouter({"http": http, "websocket": websocket})
