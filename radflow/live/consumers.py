"""The doorman of the live socket: who are you, what may you hear, from where on."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import timezone

from radflow.accounts.models import User
from radflow.live import selectors
from radflow.live.hub import Listener, hub
from radflow.live.topics import is_audible, topics_for

HEARTBEAT_SECONDS = 15.0
SIGN_IN_AGAIN = 4401
NOT_ALLOWED = 4403


class LiveConsumer(AsyncWebsocketConsumer):
    """`/ws/live/?after=<seq>`: missed hints first, then new ones as they commit."""

    async def connect(self) -> None:
        user = self.scope.get("user")
        roots: frozenset[str] = frozenset()
        if isinstance(user, User):
            roots = topics_for(user)
        if not roots:
            await self.accept()
            code = NOT_ALLOWED if isinstance(user, User) else SIGN_IN_AGAIN
            await self.close(code)
            return
        # Before the accept: who is connected misses nothing from then on.
        self.sent = await _start(self.scope)
        await self.accept()
        self.listener = Listener(roots)
        await hub().join(self.listener)
        await self._catch_up()
        self.tasks = [
            asyncio.create_task(self._forward()),
            asyncio.create_task(self._beat()),
        ]

    async def disconnect(self, code: int) -> None:
        for task in getattr(self, "tasks", []):
            task.cancel()
        if hasattr(self, "listener"):
            hub().leave(self.listener)

    async def _catch_up(self) -> None:
        while events := await selectors.events_after_async(self.sent):
            for event in events:
                self.sent = event["seq"]
                if is_audible(event["topic"], self.listener.roots):
                    await self.send(json.dumps(event))

    async def _forward(self) -> None:
        while (text := await self.listener.queue.get()) is not None:
            seq = json.loads(text)["seq"]
            if seq > self.sent:
                self.sent = seq
                await self.send(text)
        await self.close(1013)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            if not await _still_allowed(self.scope, self.listener.roots):
                await self.close(SIGN_IN_AGAIN)
                return
            await self.send(json.dumps(_beat_frame(self.sent)))


def _beat_frame(seq: int) -> selectors.Hint:
    """A sign of life in the shape of a hint, so that no client needs two parsers."""
    now = timezone.now().isoformat()
    return selectors.Hint(seq=seq, topic="beat", id=0, version=0, at=now)


async def _start(scope: Any) -> int:
    """A cursor beyond the last number is of another database: begin with now."""
    last, after = await selectors.newest_seq_async(), _cursor(scope)
    return last if after is None else min(after, last)


def _cursor(scope: Any) -> int | None:
    text = parse_qs(scope["query_string"].decode("latin-1")).get("after", [""])[0]
    return int(text) if text.isascii() and text.isdigit() else None


@database_sync_to_async
def _still_allowed(scope: Any, roots: frozenset[str]) -> bool:
    """False once the person was disabled, changed role, or signed out."""
    user = User.objects.filter(pk=scope["user"].pk, is_active=True).first()
    if user is None or topics_for(user) != roots:
        return False
    session = scope.get("session")
    return session is None or "token" in scope or session.exists(session.session_key)
