"""MLLP blocks: VT, payload, FS CR. Incremental, bounded, linear in its input."""

from __future__ import annotations

import re

VT, FS, CR = b"\x0b", b"\x1c", b"\x0d"
END = FS + CR
# Release 2: a block of this one byte says that ours is stored, or is not.
COMMITTED, NOT_COMMITTED = b"\x06", b"\x15"
MAX_BYTES = 10 * 1024 * 1024
HEAD_BYTES = 4096
_RESTART = re.compile(rb"\x0b(?:MSH|FHS|BHS)[^A-Za-z0-9\s]")


class FrameTooLarge(Exception):
    """The block outgrew the limit.

    `head` are its first bytes, for the answer; `completed` the payloads that the same
    bytes had ended before it.
    """

    def __init__(self, limit: int, head: bytes, completed: list[bytes]) -> None:
        super().__init__(f"block of more than {limit} bytes")
        self.head = head
        self.completed = completed


def frame(payload: bytes) -> bytes:
    return VT + payload + END


class FrameReader:
    """Feed it bytes as they come, get whole payloads out.

    Bytes outside a block are dropped and counted in `discarded`. Only FS CR ends a
    block: an FS alone is text of it. A sender that gave up and began anew leaves a VT
    and a header inside the block: what came before is dropped and counted, since no
    answer to it was given. A VT before anything else is text (word processors use it).
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self.discarded = 0
        self._buffer = bytearray()
        self._inside = False
        self._scanned = 0

    @property
    def in_block(self) -> bool:
        """Whether a block has begun and not ended: the clock of a slow sender."""
        return self._inside

    def feed(self, data: bytes) -> list[bytes]:
        """Payloads completed by these bytes; raises FrameTooLarge."""
        self._buffer += data
        payloads: list[bytes] = []
        while self._inside or self._enter():
            end = self._buffer.find(END, max(self._scanned - 1, 0))
            self._check(end, payloads)
            if end < 0:
                self._scanned = len(self._buffer)
                break
            payloads.append(self._take(end))
        return payloads

    def _enter(self) -> bool:
        start = self._buffer.find(VT)
        dropped = len(self._buffer) if start < 0 else start
        # CR or LF between blocks is a habit of some senders, not noise.
        self.discarded += len(self._buffer[:dropped].strip(b"\r\n"))
        del self._buffer[: dropped if start < 0 else start + 1]
        self._inside = start >= 0
        self._scanned = 0
        return self._inside

    def _check(self, end: int, completed: list[bytes]) -> None:
        # The last byte of an open block may be the FS of its end.
        size = end if end >= 0 else len(self._buffer) - self._buffer.endswith(FS)
        if size > self.max_bytes:
            head = bytes(self._buffer[:HEAD_BYTES])
            raise FrameTooLarge(self.max_bytes, head, completed)

    def _take(self, end: int) -> bytes:
        payload = bytes(self._buffer[:end])
        del self._buffer[: end + len(END)]
        self._inside = False
        if VT not in payload:
            return payload
        starts = [match.start() for match in _RESTART.finditer(payload)]
        begun = starts[-1] + 1 if starts else 0
        self.discarded += begun
        return payload[begun:]
