"""Reading as deep as anyone may ask, and what must hold of whatever is read."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from radflow.hl7.acks import build_ack, read_ack
from radflow.hl7.batch import Batch, build_batch_reply, read_batch, split_messages
from radflow.hl7.build import Value, build, segment
from radflow.hl7.charsets import ASCII_WITHIN
from radflow.hl7.composite import Composite
from radflow.hl7.errors import HL7Error
from radflow.hl7.escapes import STANDARD
from radflow.hl7.fields import CWE, CX, ED, EI, NDL, PL, RP, TQ, XAD, XCN, XPN
from radflow.hl7.groups import (
    observation_groups,
    order_groups,
    patient_group,
    result_groups,
)
from radflow.hl7.header import peek
from radflow.hl7.message import NULL, Message, Segment, body_of

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
HEAD = r"MSH|^~\&|A|B|C|D|20260302||ADT^A08|1|P|2.5.1||||||UNICODE UTF-8"
CODES = ("100", "101", "102")
# Fields of these types as the standard has them, and some where they are not.
TYPES: dict[str, dict[int, Sequence[type[Composite]]]] = {
    "PID": {3: (CX,), 5: (XPN,), 11: (XAD,)},
    "PV1": {3: (PL,), 7: (XCN,), 19: (CX,)},
    "ORC": {2: (EI,), 7: (TQ,), 12: (XCN,)},
    "OBR": {4: (CWE,), 27: (TQ,), 32: (NDL,), 34: (NDL,)},
    "OBX": {3: (CWE,), 5: (CWE, ED, RP, XCN)},
    "ZDS": {1: (RP,)},
}
ALPHABET = '|^~\\&\r\n\x0b\x1c\x00.brXFSTREHN0D"MSHPID \u0085\u2028åЖ山😀'


class NotAlike(AssertionError):
    """What came out is not what went in; the text holds no content."""


@dataclass
class Reading:
    """What was read of some bytes; `refused` by HL7Error, at least a part of it."""

    answer: bytes = b""
    batch: Batch | None = None
    messages: list[Message] = field(default_factory=list)
    composites: list[Composite] = field(default_factory=list)
    refused: bool = False


def read_deep(raw: bytes) -> Reading:
    """All that the listener and the workers do with a message, and more."""
    reading = Reading(build_ack(raw, "AR", control_id="R1", now=NOW))
    try:
        reading.batch = read_batch(raw)
    except HL7Error as error:
        _expect(error)
    for one in split_messages(raw):
        _read_whole(one, reading)
    return reading


def _read_whole(raw: bytes, reading: Reading) -> None:
    try:
        message = Message.parse(raw)
        reading.messages.append(message)
        _group(message)
    except HL7Error as error:
        _expect(error)
        reading.refused = True
        return
    for one in message.segments:
        reading.composites += _read_fields(one)


def check(reading: Reading) -> None:
    """NotAlike where something was lost or invented."""
    if read_ack(reading.answer).code != "AR" or set(reading.answer) & {0x0B, 0x1C}:
        raise NotAlike("the answer is no answer")
    if reading.batch is not None:
        _answer(reading.batch)
    for message in reading.messages:
        _compare(message)
    for composite in reading.composites:
        _rewrite(composite)


def _answer(batch: Batch) -> None:
    acks = [build_ack(raw, "AA", control_id="1", now=NOW) for raw in batch.messages]
    again = read_batch(build_batch_reply(batch, acks, control_id="R1", now=NOW))
    if again is None or again.messages != acks:
        raise NotAlike("the answer to a batch is no batch")


def _expect(error: HL7Error) -> None:
    if error.code not in CODES:
        raise NotAlike(f"refused with {error.code}")


def _compare(message: Message) -> None:
    """Bytes are lost nowhere; where sets have several spellings, no text is."""
    raw = message.raw
    again = message.encode()
    if message.charset in ASCII_WITHIN:
        raw, again = _text(raw, message), _text(again, message)
    if again != raw:
        raise NotAlike("encoding gives other bytes")
    lines = [line for line in body_of(raw).split(b"\r") if line]
    if b"\n" not in raw and len(lines) != len(message.segments):
        raise NotAlike(f"{len(lines)} lines, {len(message.segments)} segments")
    header = peek(message.raw)
    if header is None or header.processing_id is None:
        raise NotAlike("the listener sees no header")


def _text(raw: bytes, message: Message) -> bytes:
    return body_of(raw).decode(message.charset).encode()


def _group(message: Message) -> None:
    patient_group(message)
    for result in result_groups(message):
        for order in result.orders:
            observation_groups(order.obx)
    order_groups(message)


def _read_fields(one: Segment) -> list[Composite]:
    for number in range(1, one.field_count + 1):
        one.value(number)
        for repetition in one.repetitions(number)[:50]:
            repetition.components()
            repetition.text()
    return [
        kind.read(repetition)
        for number, kinds in TYPES.get(one.name, {}).items()
        for repetition in one.repetitions(number)[:200]
        for kind in kinds
    ]


def _rewrite(composite: Composite) -> None:
    """What is read can be written, and is read alike."""
    line = segment("ZZZ", {1: composite.value()})
    found = type(composite).of(Segment(line, 1, STANDARD), 1)
    if found != composite:
        raise NotAlike(f"{type(composite).__name__} comes back as another")


def read_back(chance: random.Random, count: int) -> None:
    """`count` random texts into one message, and out of it."""
    texts = [_text_of(chance) for _ in range(count)]
    depth = chance.randint(0, 3)
    raw = build([HEAD, *(segment("ZZZ", {2: _at(text, depth)}) for text in texts)])
    message = Message.parse(raw)
    if len(message.segments) != count + 1:
        raise NotAlike(f"{len(message.segments)} segments of {count + 1}")
    found = [_found(one, depth) for one in message.segments[1:]]
    if found != texts:
        raise NotAlike("a text came back as another")
    if message.encode() != raw:
        raise NotAlike("encoding gives other bytes")


def _at(text: str, depth: int) -> Value:
    """A field, a component, a sub-component, or a repetition of it."""
    values: list[Value] = [text, ("x", text), ("x", ("y", text)), ["x", ("y", text)]]
    return values[depth]


def _found(one: Segment, depth: int) -> str:
    places = [(2,), (2, 2), (2, 2, 2), (2, 2, 1, 2)]
    return one.value(*places[depth])


def _text_of(chance: random.Random) -> str:
    """Half of it what could break something; HL7 null is no text."""
    length = chance.choice((0, 1, 2, 5, 9, 30))
    text = "".join(_character(chance) for _ in range(length))
    return "" if text == NULL else text


def _character(chance: random.Random) -> str:
    if chance.random() < 0.7:
        return chance.choice(ALPHABET)
    code = chance.randrange(0x11_0000 - 0x800)
    return chr(code if code < 0xD800 else code + 0x800)
