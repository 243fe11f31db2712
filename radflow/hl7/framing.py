"""MLLP release 1: VT, payload, FS CR. Incremental, bounded, linear in its input."""

from __future__ import annotations

VT, FS, CR = b"\x0b", b"\x1c", b"\x0d"
END = FS + CR
MAX_BYTES = 10 * 1024 * 1024


class FrameTooLarge(Exception):
    """The block outgrew the limit; `head` are its first bytes, for the answer."""

    def __init__(self, limit: int, head: bytes) -> None:
        super().__init__(f"block of more than {limit} bytes")
        self.head = head


def frame(payload: bytes) -> bytes:
    return VT + payload + END


class FrameReader:
    """Feed it bytes as they come, get whole payloads out.

    Bytes outside a block are dropped and counted in `discarded`. A VT inside a
    block begins it anew only if no end came before: what was lost is counted too.
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

    @property
    def partial(self) -> bytes:
        """What has come of the block that has not ended."""
        return bytes(self._buffer) if self._inside else b""

    def feed(self, data: bytes) -> list[bytes]:
        """Payloads completed by these bytes; raises FrameTooLarge."""
        self._buffer += data
        payloads = []
        while (payload := self._next()) is not None:
            payloads.append(payload)
        return payloads

    def _next(self) -> bytes | None:
        if not self._inside and not self._enter():
            return None
        end = self._buffer.find(END, max(self._scanned - 1, 0))
        if end < 0:
            self._scanned = len(self._buffer)
            self._check(len(self._buffer))
            return None
        self._check(end)
        payload = bytes(self._buffer[:end])
        del self._buffer[: end + len(END)]
        self._inside = False
        self._scanned = 0
        return payload

    def _enter(self) -> bool:
        start = self._buffer.find(VT)
        dropped = len(self._buffer) if start < 0 else start
        # CR or LF between blocks is a habit of some senders, not noise.
        self.discarded += len(bytes(self._buffer[:dropped]).strip(b"\r\n"))
        del self._buffer[: dropped if start < 0 else start + 1]
        self._inside = start >= 0
        self._scanned = 0
        return self._inside

    def _check(self, size: int) -> None:
        if size > self.max_bytes:
            raise FrameTooLarge(self.max_bytes, bytes(self._buffer[:4096]))
