"""Batches, `[FHS] {[BHS] {message} [BTS]} [FTS]` (section 2.10.3): apart and answered.

Split as bytes: no character of any supported set holds a CR or LF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from radflow.hl7.errors import HL7Error
from radflow.hl7.escapes import STANDARD, escape, respell
from radflow.hl7.message import body_of, read_delimiters
from radflow.hl7.timestamps import format_ts

MAX_MESSAGES = 10_000
_START = re.compile(rb"(?:FHS|BHS)[^A-Za-z0-9\s]")
_MARKS = re.compile(
    rb"(?:(?<=[\r\n])|\A)"
    rb"(?:(?:MSH|FHS|BHS)(?=[^A-Za-z0-9\s])|(?:BTS|FTS)(?![A-Za-z0-9 ]))"
)
_HEADER = re.compile(rb"MSH[^A-Za-z0-9\s]")


@dataclass(frozen=True)
class Envelope:
    """FHS or BHS: the fields that an answer repeats, safe to stand in it, as bytes."""

    control_id: bytes = b""
    sender: tuple[bytes, bytes] = (b"", b"")
    receiver: tuple[bytes, bytes] = (b"", b"")


@dataclass
class Part:
    """One BHS with its messages; without a header where the sender wrote none."""

    header: Envelope | None = None
    messages: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """What came, its counts checked."""

    parts: Sequence[Part]
    file: Envelope | None = None

    @property
    def messages(self) -> list[bytes]:
        return [message for part in self.parts for message in part.messages]

    @property
    def control_id(self) -> str:
        """BHS-11 of the first batch, else FHS-11."""
        headers = [*(part.header for part in self.parts), self.file]
        found = [header.control_id for header in headers if header is not None]
        return next(filter(None, found), b"").decode("utf-8", "replace")


def split_messages(raw: bytes) -> list[bytes]:
    """The messages of a block that holds several headers and is no batch."""
    if raw.count(b"MSH") < 2 or _START.match(body_of(raw)):
        return [raw]
    found = [match.start() for match in _MARKS.finditer(raw)]
    starts = [at for at in found if _HEADER.match(raw, at)]
    ends = [*starts[1:], len(raw)]
    # What stands before the first header stays with it: nothing is lost.
    spans = zip([0, *starts[1:]], ends, strict=True) if starts else [(0, len(raw))]
    return [raw[start:end] for start, end in spans]


def read_batch(raw: bytes) -> Batch | None:
    """None where it is no batch; HL7Error 101 where a count is not what came, 100
    where segments stand out of order: then nothing of it is to be processed."""
    body = body_of(raw)
    if not _START.match(body):
        return None
    return _Reader().read(_pieces(body))


def _pieces(body: bytes) -> Iterator[tuple[str, bytes]]:
    starts = [match.start() for match in _MARKS.finditer(body)]
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        yield body[start : start + 3].decode(), body[start:end].strip(b"\n")


class _Reader:
    """Takes header, message and trailer pieces in the order in which they stand."""

    def __init__(self) -> None:
        self._file: Envelope | None = None
        self._mark = b""
        self._parts: list[Part] = []
        self._open: Part | None = None
        self._count = 0
        self._ended = False

    def read(self, pieces: Iterator[tuple[str, bytes]]) -> Batch:
        for name, piece in pieces:
            if self._ended:
                raise HL7Error("100", "Segments after the end of the file.", "FTS^1")
            self._take(name, piece)
        return Batch(self._parts, self._file)

    def _take(self, name: str, piece: bytes) -> None:
        if name == "MSH":
            self._add(piece)
            return
        line = _only_line(name, piece)
        if name in ("FHS", "BHS"):
            self._mark = line[3:4]
            self._begin(name, _envelope(line))
        else:
            self._end(name, line)

    def _add(self, message: bytes) -> None:
        self._count += 1
        if self._count > MAX_MESSAGES:
            raise HL7Error("102", f"More than {MAX_MESSAGES} messages in a batch.")
        if self._open is None:
            self._begin("BHS", None)
        assert self._open is not None
        self._open.messages.append(message)

    def _begin(self, name: str, header: Envelope | None) -> None:
        if name == "BHS":
            self._open = Part(header)
            self._parts.append(self._open)
        elif self._file is not None or self._parts:
            raise HL7Error("100", "FHS is not the first segment.", "FHS^1")
        else:
            self._file = header

    def _end(self, name: str, line: bytes) -> None:
        if name == "FTS":
            self._check(name, line, len(self._parts))
            self._ended = True
            return
        if self._open is None:
            raise HL7Error("100", "BTS without a batch before it.", "BTS^1")
        self._check(name, line, len(self._open.messages))
        self._open = None

    def _check(self, name: str, line: bytes, number: int) -> None:
        """A trailer may leave its count out; one that is there has to be right."""
        said = [*line.split(self._mark), b""][1].strip()
        if said and (not said.isdigit() or len(said) > 9 or int(said) != number):
            what = "messages" if name == "BTS" else "batches"
            text = f"{name}-1 does not count the {number} {what} that came."
            raise HL7Error("101", text, f"{name}^1^1")


def _only_line(name: str, piece: bytes) -> bytes:
    """The header or trailer itself; nothing but messages may follow it."""
    line, *others = [line for line in re.split(rb"[\r\n]+", piece) if line]
    if others:
        text = f"Segments between {name} and the next message."
        raise HL7Error("100", text, f"{name}^1")
    return line


def _envelope(line: bytes) -> Envelope:
    text, codec = _read(line)
    delimiters = read_delimiters(f"MSH{text[3:]}")
    fields = text.split(delimiters.field)

    def at(number: int) -> bytes:
        raw = fields[number - 1] if number <= len(fields) else ""
        return respell(raw, delimiters).encode(codec)

    return Envelope(at(11), (at(3), at(4)), (at(5), at(6)))


def _read(line: bytes) -> tuple[str, str]:
    """A header of a batch names no character set."""
    try:
        return line.decode(), "utf_8"
    except UnicodeDecodeError:
        return line.decode("latin-1"), "latin-1"


def build_batch_reply(
    batch: Batch,
    acks: Sequence[bytes],
    *,
    control_id: str,
    now: datetime,
    sender: tuple[str, str] = ("RADFLOW", "RADDEPT"),
) -> bytes:
    """One answer for each of `batch.messages`, in order, empty where there is none.

    BHS-12 is the received BHS-11, FHS-12 the FHS-11; a sender of several batches gets
    as many. `sender` stands in for empty receivers.
    """
    left = iter(acks)
    own = escape(sender[0]).encode(), escape(sender[1]).encode()
    parts = []
    for number, part in enumerate(batch.parts, start=1):
        answers = [ack for ack in islice(left, len(part.messages)) if ack]
        name = control_id if len(batch.parts) == 1 else f"{control_id}-{number}"
        parts.append(_header(b"BHS", part.header, own, name, now))
        parts += [answer.rstrip(b"\r") + b"\r" for answer in answers]
        parts.append(b"BTS|%d\r" % len(answers))
    if batch.file is not None:
        parts.insert(0, _header(b"FHS", batch.file, own, control_id, now))
        parts.append(b"FTS|%d\r" % len(batch.parts))
    return b"".join(parts)


def _header(
    name: bytes,
    received: Envelope | None,
    own: tuple[bytes, bytes],
    control_id: str,
    now: datetime,
) -> bytes:
    received = received or Envelope()
    fields = [
        name,
        STANDARD.encoding_characters.encode(),
        *(theirs or ours for theirs, ours in zip(received.receiver, own, strict=True)),
        *received.sender,
        format_ts(now).encode(),
        *(b"", b"", b""),
        escape(control_id).encode(),
        received.control_id,
    ]
    return b"|".join(fields).rstrip(b"|") + b"\r"
