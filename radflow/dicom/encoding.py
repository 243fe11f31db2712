"""Elements to bytes, little endian, implicit or explicit VR (PS3.5 section 7).

A worklist answer is built once per item with its texts already in their character
set; only the element headers depend on the transfer syntax. This is what makes an
answer some thirty times cheaper than through a generic dataset writer.
"""

from __future__ import annotations

import struct
from typing import Final, TypeAlias

# (tag, VR, encoded value) or, for SQ, (tag, "SQ", items).
Element: TypeAlias = tuple[int, str, "bytes | tuple[Elements, ...]"]
Elements: TypeAlias = tuple[Element, ...]

_ITEM: Final = b"\xfe\xff\x00\xe0"
# Those with a 32 bit length in explicit VR (PS3.5 table 7.1-1), as far as used here.
_LONG_VRS: Final = frozenset({"SQ", "UC", "UN", "UR", "UT"})
_SHORT_LIMIT: Final = 0xFFFE
_LENGTH = struct.Struct("<I")
_SHORT = struct.Struct("<H")
_TAG = struct.Struct("<HH")


def padded(value: bytes, vr: str) -> bytes:
    """Even length, as every DICOM value must have."""
    if len(value) % 2 == 0:
        return value
    return value + (b"\0" if vr == "UI" else b" ")


def to_bytes(elements: Elements, *, implicit_vr: bool) -> bytes:
    """The encoded dataset; `elements` must be in ascending tag order."""
    parts: list[bytes] = []
    for tag, vr, value in elements:
        payload = (
            value
            if isinstance(value, bytes)
            else _items_to_bytes(value, implicit_vr=implicit_vr)
        )
        parts.append(_header(tag, vr, len(payload), implicit_vr=implicit_vr))
        parts.append(payload)
    return b"".join(parts)


def _items_to_bytes(items: tuple[Elements, ...], *, implicit_vr: bool) -> bytes:
    parts: list[bytes] = []
    for item in items:
        payload = to_bytes(item, implicit_vr=implicit_vr)
        parts += (_ITEM, _LENGTH.pack(len(payload)), payload)
    return b"".join(parts)


def _header(tag: int, vr: str, length: int, *, implicit_vr: bool) -> bytes:
    start = _TAG.pack(tag >> 16, tag & 0xFFFF)
    if implicit_vr:
        return start + _LENGTH.pack(length)
    if vr in _LONG_VRS:
        return start + vr.encode("ascii") + b"\0\0" + _LENGTH.pack(length)
    if length > _SHORT_LIMIT:
        # PS3.5 6.2.2 note 2: too long for its VR's 16 bit length field.
        return start + b"UN\0\0" + _LENGTH.pack(length)
    return start + vr.encode("ascii") + _SHORT.pack(length)
