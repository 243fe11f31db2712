"""Letting the past happen again: services see the moment that a story tells of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Within, `django.utils.timezone.now` is `moment` (aware). Seeding only."""
    with patch("django.utils.timezone.now", return_value=moment):
        yield
