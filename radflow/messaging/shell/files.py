"""Messages out of files: one or many, a batch, or blocks framed as on the wire."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from radflow.hl7.batch import read_batch, split_messages
from radflow.hl7.framing import END, VT, FrameReader

STDIN = "-"
_LINE_ENDS = re.compile(rb"\r?\n")


def read(name: str) -> bytes:
    """OSError where there is no such file; `-` is the standard input."""
    return sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()


def messages_in(raw: bytes) -> list[bytes]:
    """HL7Error for a batch whose counts are wrong; FrameTooLarge for a huge block."""
    blocks = FrameReader().feed(raw) if VT in raw and END in raw else [raw]
    return [message for block in blocks for message in _apart(block) if message.strip()]


def _apart(block: bytes) -> list[bytes]:
    batch = read_batch(block)
    return split_messages(block) if batch is None else batch.messages


def on_the_wire(message: bytes) -> bytes:
    """Editors write line feeds; segments end with CR."""
    return _LINE_ENDS.sub(b"\r", message).rstrip(b"\r") + b"\r"
