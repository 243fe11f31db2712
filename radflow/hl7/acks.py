"""Acknowledgements, in original and enhanced mode (HL7 section 2.9, standards 3.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from radflow.hl7.build import Occurrence, build, segment
from radflow.hl7.charsets import UTF8, codec_for, encodable
from radflow.hl7.errors import HL7Error
from radflow.hl7.escapes import STANDARD, escape, respell
from radflow.hl7.header import Header, peek
from radflow.hl7.message import Message
from radflow.hl7.timestamps import format_ts

__all__ = ["Ack", "HL7Error", "build_ack", "read_ack"]

OWN_CODES = "99RADFLOW"
# Table 0357, as texts for CWE.2 of ERR-3.
CONDITIONS = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}
_VERSION = re.compile(r"2\.[0-9](?:\.[0-9])?\Z")
_SHORT = re.compile(r"([A-Z][A-Z0-9]{2})-([0-9]+)(?:\.([0-9]+))?\Z")


@dataclass(frozen=True)
class Ack:
    """An acknowledgement read: `code` MSA-1, `control_id` MSA-2."""

    code: str
    control_id: str
    text: str = ""
    error_code: str = ""
    error_location: str = ""

    @property
    def positive(self) -> bool:
        return self.code in ("AA", "CA")


def build_ack(
    received: bytes | Message,
    code: str,
    *,
    control_id: str,
    now: datetime,
    error: HL7Error | None = None,
    text: str = "",
    sender: tuple[str, str] = ("RADFLOW", "RADDEPT"),
) -> bytes:
    """The acknowledgement of a message, also where its header is unreadable.

    MSA-2 is the received MSH-10 to the letter (empty without one), MSH-3 to 6 change
    places, MSH-11 and 12 are copied, delimiters are the standard ones. It is written in
    the sender's character set, in UTF-8 where that cannot hold it. `sender` stands in
    for an empty MSH-5 and MSH-6; `text` is MSA-3 and holds no patient data.
    """
    raw = received.raw if isinstance(received, Message) else received
    codec = received.charset if isinstance(received, Message) else None
    copied = _Copied.of(peek(raw), codec)
    body = [_msa(code, copied, error, text)]
    if error is not None:
        body.append(_err(error, old=copied.is_old))
    head = _msh(copied, control_id, now, sender, copied.charset)
    if copied.charset and encodable("\r".join([head, *body]), copied.codec):
        return build([head, *body], charset=copied.codec)
    if head.isascii() and "".join(body).isascii():
        return build([head, *body])
    return build([_msh(copied, control_id, now, sender, UTF8), *body])


@dataclass(frozen=True)
class _Copied:
    """MSH fields of the received message, safe to stand in another."""

    fields: Mapping[int, str]
    event: str = ""
    version: str = ""
    charset: str = ""
    codec: str = "utf_8"

    @classmethod
    def of(cls, header: Header | None, codec: str | None) -> _Copied:
        if header is None:
            return cls({})
        declared = codec_for(header.charset)
        codec = codec or declared or "utf_8"

        def field(raw: str) -> str:
            return respell(_read(raw, codec), header.delimiters)

        return cls(
            {number: field(header.field(number)) for number in (3, 4, 5, 6, 10, 11)},
            event=field(header.message_type.partition("^")[2]),
            version=header.version if _VERSION.match(header.version) else "",
            charset=header.charset.strip() if declared else "",
            codec=declared or "utf_8",
        )

    def field(self, number: int) -> str:
        return self.fields.get(number, "")

    @property
    def is_old(self) -> bool:
        """ERR of before 2.5: one field, and the text in MSA."""
        return bool(self.version) and self.version < "2.5"


def _read(raw: str, codec: str) -> str:
    """A header field in its own characters: `peek` gives one for each byte."""
    data = raw.encode("latin-1")
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return raw


def _msh(
    copied: _Copied,
    control_id: str,
    now: datetime,
    sender: tuple[str, str],
    charset: str,
) -> str:
    """From raw fields: what came escaped goes back so, composites stay composites."""
    event = f"^{copied.event}" if copied.event else ""
    structure = "^ACK" if event and not ("" < copied.version < "2.4") else ""
    fields = [
        f"MSH|{STANDARD.encoding_characters}",
        copied.field(5) or escape(sender[0]),
        copied.field(6) or escape(sender[1]),
        copied.field(3),
        copied.field(4),
        format_ts(now),
        "",
        f"ACK{event}{structure}",
        escape(control_id),
        copied.field(11) or "P",
        copied.version or "2.5.1",
        *[""] * 5,
        charset,
    ]
    return "|".join(fields).rstrip("|")


def _msa(code: str, copied: _Copied, error: HL7Error | None, text: str) -> str:
    if error is not None and copied.is_old:
        condition = (error.code, CONDITIONS.get(error.code, ""))
        tail = segment("MSA", {1: text or error.text, 4: condition})
    else:
        tail = segment("MSA", {1: text})
    return f"MSA|{code}|{copied.field(10)}{tail.removeprefix('MSA')}"


def _err(error: HL7Error, *, old: bool) -> str:
    condition = (error.code, CONDITIONS.get(error.code, ""))
    location = _location(error.location)
    if old:
        where = (*location, "", "", "")[:3]
        return segment("ERR", {1: (*where, condition)})
    own: Occurrence = None
    if error.application_code:
        own = (error.application_code, error.text, OWN_CODES)
    return segment(
        "ERR",
        {2: location, 3: (*condition, "HL70357"), 4: "E", 5: own, 8: error.text},
    )


def _location(text: str) -> tuple[str, ...]:
    """`PID^1^3` as it stands; `PID-3.1` is short for `PID^1^3^1^1`."""
    short = _SHORT.match(text)
    if short is None:
        return tuple(text.split("^"))
    name, field, component = short.groups()
    return (name, "1", field, "1", component) if component else (name, "1", field)


def read_ack(raw: bytes) -> Ack:
    """Read what a receiver answered; HL7Error 100 where it is no acknowledgement."""
    message = Message.parse(raw)
    msa, err = message.first("MSA"), message.first("ERR")
    if msa is None:
        raise HL7Error("100", "The answer has no MSA segment.", "MSA^1")
    found = msa.repetitions(2)
    code = msa.value(1).strip().upper()
    ack = Ack(code, found[0].text() if found else "", msa.value(3))
    if err is None:
        return Ack(ack.code, ack.control_id, ack.text, msa.value(6))
    where = [*err.repetitions(2), *err.repetitions(1)]
    places = where[0].components() if where else []
    modern = bool(err.raw_field(3))
    return Ack(
        ack.code,
        ack.control_id,
        ack.text or err.value(8),
        err.value(3) or err.value(1, 4) or msa.value(6),
        "^".join(places if modern else places[:3]).rstrip("^"),
    )
