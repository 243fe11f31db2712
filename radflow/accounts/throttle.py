"""Slows password guessing per account and address, without locking anyone out."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled

logger = logging.getLogger(__name__)

FAILURES = 10
WINDOW_SECONDS = 300


class SignInThrottled(Throttled):
    default_detail = "Too many failed sign-ins. Wait five minutes and try again."


@dataclass(frozen=True)
class SignInThrottle:
    """Ten failures per account and address in five minutes close the door.

    The count is per pair, so a guesser elsewhere cannot lock the owner out. With
    the cache away, sign-in stays possible: the password check still stands.
    """

    request: HttpRequest
    username: str

    @property
    def _key(self) -> str:
        pair = f"{self.username.lower()}|{self.request.META.get('REMOTE_ADDR', '')}"
        return "sign-in:" + hashlib.sha256(pair.encode()).hexdigest()

    def is_closed(self) -> bool:
        try:
            return int(cache.get(self._key, 0)) >= FAILURES
        except RedisError as error:
            logger.warning("failed sign-ins not read: %s", type(error).__name__)
            return False

    def count_failure(self) -> None:
        try:
            cache.add(self._key, 0, WINDOW_SECONDS)
            cache.incr(self._key)
        except (RedisError, ValueError) as error:
            logger.warning("failed sign-in not counted: %s", type(error).__name__)
