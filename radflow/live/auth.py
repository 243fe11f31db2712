from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed


class BearerOrSession:
    """Signs a socket in by `Authorization: Bearer`, else by the web session."""

    def __init__(self, session_stack: Any, bearer_stack: Any) -> None:
        self.session_stack = session_stack
        self.bearer_stack = bearer_stack

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        header = dict(scope["headers"]).get(b"authorization", b"")
        scheme, _, token = header.partition(b" ")
        if scheme.lower() != b"bearer":
            return await self.session_stack(scope, receive, send)
        scope = {**scope, "token": True, "user": await _user_of(token.strip())}
        return await self.bearer_stack(scope, receive, send)


@database_sync_to_async
def _user_of(token: bytes) -> Any:
    try:
        user, _ = TokenAuthentication().authenticate_credentials(token)
    except (AuthenticationFailed, UnicodeDecodeError):
        return None
    return user
