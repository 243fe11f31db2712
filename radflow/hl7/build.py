"""Building messages that cannot be injected into, whatever the values hold.

A value is a `str` (one leaf, escaped), a tuple of components (each a `str` or a
tuple of sub-components), or a list of repetitions. `message.NULL` stays the HL7
null. Empty ends are trimmed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from radflow.hl7.charsets import codec_for
from radflow.hl7.escapes import STANDARD, escape
from radflow.hl7.segment import NULL
from radflow.hl7.timestamps import format_ts

Leaf = str | None
Component = Leaf | tuple[Leaf, ...]
Occurrence = Leaf | tuple[Component, ...]
Value = Occurrence | list[Occurrence]

_NAME = re.compile(r"[A-Z][A-Z0-9]{2}\Z")
_NO_STRUCTURE = ("2.1", "2.2", "2.3", "2.3.1")


class NotEncodable(ValueError):
    """The text has characters that the chosen character set lacks."""


def segment(name: str, fields: Mapping[int, Value]) -> str:
    """One segment with these fields; numbers as in the standard (not for MSH)."""
    if not _NAME.match(name) or min(fields, default=1) < 1:
        raise ValueError("not a segment name, or a field below 1")
    last = max(fields, default=0)
    texts = [_field(fields.get(number)) for number in range(1, last + 1)]
    return "|".join([name, *texts]).rstrip("|")


def _field(value: Value) -> str:
    if isinstance(value, list):
        return "~".join(_occurrence(one) for one in value).rstrip("~")
    return _occurrence(value)


def _occurrence(value: Occurrence) -> str:
    if isinstance(value, tuple):
        return "^".join(_component(one) for one in value).rstrip("^")
    return _leaf(value)


def _component(value: Component) -> str:
    if isinstance(value, tuple):
        return "&".join(_leaf(one) for one in value).rstrip("&")
    return _leaf(value)


def _leaf(value: Leaf) -> str:
    if not value or value == NULL:
        return value or ""
    return escape(value)


def build(segments: Iterable[str], *, charset: str = "utf_8") -> bytes:
    """Segments joined by CR, ended by CR; `charset` is a Python codec.

    Raises NotEncodable; `charsets.encodable` tells beforehand.
    """
    text = "".join(f"{text}\r" for text in segments)
    try:
        return text.encode(charset)
    except UnicodeEncodeError:
        # The cause holds the whole text, patient data included.
        raise NotEncodable(f"characters that {charset} lacks") from None


def msh(
    *,
    sending_application: str,
    sending_facility: str,
    receiving_application: str,
    receiving_facility: str,
    time: datetime,
    message_type: str,
    control_id: str,
    processing_id: str,
    version: str,
    structure: str = "",
    accept_ack: str = "",
    application_ack: str = "",
    charset: str = "",
) -> str:
    """`message_type` as `ORM^O01`, `time` aware, `charset` of table 0211,
    the two acknowledgement conditions (MSH-15 and MSH-16) of table 0155.

    The structure (MSH-9.3) is left out of versions that do not know it.
    """
    if charset and codec_for(charset) is None:
        raise ValueError(f"unknown character set: {charset}")
    code, _, event = message_type.partition("^")
    if version in _NO_STRUCTURE:
        structure = ""
    # The encoding characters are MSH-2: what follows counts from MSH-3.
    rest = segment(
        "MSH",
        {
            1: sending_application,
            2: sending_facility,
            3: receiving_application,
            4: receiving_facility,
            5: format_ts(time),
            7: (code, event, structure),
            8: control_id,
            9: processing_id,
            10: version,
            13: accept_ack,
            14: application_ack,
            16: charset,
        },
    )
    return f"MSH|{STANDARD.encoding_characters}|" + rest[4:]
