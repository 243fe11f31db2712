from __future__ import annotations

import time
from typing import TextIO

EVERY_SECONDS = 0.2


class Progress:
    """`12 of 300, 48/s` on one line of a terminal; nothing where there is none.

    Where the lines of the work itself are seen, they are progress enough.
    """

    def __init__(self, stream: TextIO, total: int, *, seen: bool) -> None:
        self._stream = stream
        self._total = total
        self._done = 0
        self._started = time.monotonic()
        self._shown_at = 0.0
        self._is_shown = total > 1 and not seen and stream.isatty()

    def step(self) -> None:
        self._done += 1
        now = time.monotonic()
        is_due = now - self._shown_at >= EVERY_SECONDS or self._done == self._total
        if not self._is_shown or not is_due:
            return
        self._shown_at = now
        rate = self._done / max(now - self._started, 0.001)
        self._stream.write(f"\r{self._done} of {self._total}, {rate:.0f}/s")
        if self._done == self._total:
            self._stream.write("\n")
        self._stream.flush()
