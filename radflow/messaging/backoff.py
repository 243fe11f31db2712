"""How long a delivery waits after each try that brought nothing."""

from __future__ import annotations

import random
from datetime import timedelta

STEPS_SECONDS = (1, 2, 5, 10, 30, 60)


def pause_after(tries: int) -> timedelta:
    """Longer with each, up to the last step; spread, or all would come at once."""
    seconds = STEPS_SECONDS[min(max(tries, 1), len(STEPS_SECONDS)) - 1]
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))
