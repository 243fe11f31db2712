"""Building messages that cannot be injected into, whatever the values hold.

A value is a `str` (one leaf, escaped), a tuple of components (each a `str` or a
tuple of sub-components), or a list of repetitions. `message.NULL` stays the HL7
null. Empty ends are trimmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from radflow.hl7.charsets import CODECS
from radflow.hl7.escapes import STANDARD, escape
from radflow.hl7.message import NULL
from radflow.hl7.timestamps import format_ts

Leaf = str | None
Component = Leaf | tuple[Leaf, ...]
Occurrence = Leaf | tuple[Component, ...]
Value = Occurrence | list[Occurrence]


def segment(name: str, fields: Mapping[int, Value]) -> str:
    """One segment with these fields; numbers as in the standard (not for MSH)."""
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
    """Segments joined by CR, ended by CR. UnicodeEncodeError if `charset` is short."""
    return "".join(f"{text}\r" for text in segments).encode(charset)


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
    charset: str = "",
) -> str:
    """`message_type` as `ORM^O01`, `time` aware, `charset` of table 0211."""
    if charset and charset.upper() not in CODECS:
        raise ValueError(f"unknown character set: {charset}")
    code, _, event = message_type.partition("^")
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
            16: charset,
        },
    )
    return f"MSH|{STANDARD.encoding_characters}|" + rest[4:]
