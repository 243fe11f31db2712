"""Specific Character Set (0008,0005) to bytes (standards section 6.4)."""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from functools import lru_cache
from typing import Final

from pydicom.charset import convert_encodings, encode_string

DEFAULT_REPERTOIRE: Final = ""
UTF_8: Final = "ISO_IR 192"

CODECS: Final[dict[str, str]] = {
    DEFAULT_REPERTOIRE: "ascii",
    "ISO_IR 6": "ascii",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 100": "latin_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 138": "iso8859_8",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 148": "iso8859_9",
    "ISO_IR 166": "iso8859_11",
    "ISO_IR 203": "iso8859_15",
    UTF_8: "utf_8",
    "GB18030": "gb18030",
    "GBK": "gbk",
}
# With code extensions the first value is the empty default repertoire.
CODE_EXTENSIONS: Final[dict[str, str]] = {
    "ISO 2022 IR 87": "iso2022_jp",
    "ISO 2022 IR 159": "iso2022_jp_2",
    "ISO 2022 IR 149": "euc_kr",
}
# Letters Unicode does not decompose into a base letter and marks.
_LETTERS: Final = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE",
        "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D",
        "þ": "th", "Þ": "Th", "ł": "l", "Ł": "L", "ħ": "h", "Ħ": "H",
        "ı": "i", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"',
        "…": "...", "€": "EUR",
    }
)  # fmt: skip
_DELIMITERS: Final = re.compile(r"([\\^=])")


class Fit(IntEnum):
    """How well a text survived its character set, worst last."""

    EXACT = 0
    TRANSLITERATED = 1
    REPLACED = 2


def is_supported(charset: str) -> bool:
    """Whether a station may be configured with it; the others raise KeyError."""
    return charset in CODECS or charset in CODE_EXTENSIONS


def declared(charset: str) -> tuple[str, ...]:
    """The value or values of (0008,0005); none for the default repertoire."""
    if charset in CODE_EXTENSIONS:
        return ("", charset)
    return (charset,) if charset else ()


def encode_text(text: str, charset: str) -> tuple[bytes, Fit]:
    """`text` in `charset`; what does not fit loses its accents, then becomes ``?``."""
    if text.isascii():
        return text.encode("ascii"), Fit.EXACT
    if charset == UTF_8:
        return text.encode("utf_8", "replace"), Fit.EXACT
    fitted, fit = _fit(text, charset)
    if charset in CODE_EXTENSIONS:
        return _encode_extended(fitted, charset), fit
    return fitted.encode(CODECS[charset]), fit


def _fit(text: str, charset: str) -> tuple[str, Fit]:
    worst = Fit.EXACT
    fitted = []
    for character in unicodedata.normalize("NFC", text):
        replacement, fit = _fit_character(character, charset)
        fitted.append(replacement)
        worst = max(worst, fit)
    return "".join(fitted), worst


@lru_cache(maxsize=4096)
def _fit_character(character: str, charset: str) -> tuple[str, Fit]:
    if _encodable(character, charset):
        return character, Fit.EXACT
    plain = "".join(
        part
        for part in unicodedata.normalize("NFKD", character.translate(_LETTERS))
        if not unicodedata.combining(part)
    )
    if plain and _encodable(plain, charset):
        return plain, Fit.TRANSLITERATED
    return "?", Fit.REPLACED


def _encodable(text: str, charset: str) -> bool:
    codec = CODECS.get(charset) or CODE_EXTENSIONS[charset]
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _encode_extended(text: str, charset: str) -> bytes:
    # Code extensions fall back to the default repertoire at every delimiter (PS3.5
    # 6.1.2.5.3), so each part between delimiters carries its own escape sequence.
    encodings = convert_encodings(list(declared(charset)))
    return b"".join(
        part.encode("ascii") if part.isascii() else encode_string(part, encodings)
        for part in _DELIMITERS.split(text)
    )
