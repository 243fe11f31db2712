from __future__ import annotations

from knox.auth import TokenAuthentication


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]
    """Knox tokens (hashed, expiring) in `Authorization: Bearer <token>`."""
