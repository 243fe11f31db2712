"""Character sets: MSH-18 (table 0211) and what the bytes really are (section 3.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from radflow.hl7.errors import HL7Error

UTF8 = "UNICODE UTF-8"
CODECS = {
    "ASCII": "ascii",
    "8859/1": "iso8859_1",
    "8859/2": "iso8859_2",
    "8859/3": "iso8859_3",
    "8859/4": "iso8859_4",
    "8859/5": "iso8859_5",
    "8859/6": "iso8859_6",
    "8859/7": "iso8859_7",
    "8859/8": "iso8859_8",
    "8859/9": "iso8859_9",
    "8859/15": "iso8859_15",
    "ISO IR6": "ascii",
    "ISO IR14": "shift_jis",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_2",
    "KS X 1001": "euc_kr",
    "GB 18030-2000": "gb18030",
    "GB18030": "gb18030",
    "BIG-5": "big5",
    UTF8: "utf_8",
    "UNICODE": "utf_8",
    "UTF-8": "utf_8",
    "UTF8": "utf_8",
    "GB18030-2000": "gb18030",
    "GB 18030": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "SHIFT_JIS": "shift_jis",
    "EUC-KR": "euc_kr",
    **{f"WINDOWS-{page}": f"cp{page}" for page in range(1250, 1259)},
    **{f"CP{page}": f"cp{page}" for page in range(1250, 1259)},
}
# As others write `8859/n`.
_ISO_8859 = re.compile(r"ISO[-_ ]?8859[-_/](\d{1,2})")
# Sets in which bytes of ASCII, delimiters among them, may be part of a character.
ASCII_WITHIN = frozenset({"shift_jis", "gb18030", "big5", "iso2022_jp", "iso2022_jp_2"})
_SHIFTED_FROM = ("", "ASCII", "ISO IR6", "ISO IR14")
_SHIFTED_TO = ("ISO IR159", "ISO IR87")
_WIDE = ("UTF-16", "UTF-32", "UNICODE UTF-16", "UNICODE UTF-32", "UTF16", "UTF32")
_WIDE_STARTS = (b"\xff\xfe", b"\xfe\xff", b"M\0", b"\0M", b"\0\0\0M")

WIDE_TEXT = (
    "UTF-16 and UTF-32 are not supported, since their bytes hold no HL7 delimiters. "
    "Send UTF-8, with UNICODE UTF-8 in MSH-18."
)
OTHER_SET = "charset: the bytes are not of the declared set"
UNKNOWN_SET = "charset: MSH-18 is not known"
HIDDEN_UTF8 = "charset: valid UTF-8 under another label"


@dataclass(frozen=True)
class Decoded:
    """The text, the Python codec it was read by, and what was tolerated."""

    text: str
    codec: str
    warnings: tuple[str, ...] = ()


def codec_for(label: str) -> str | None:
    """The Python codec of an MSH-18 value, None where it is unknown or empty."""
    return CODECS.get(_ISO_8859.sub(r"8859/\1", label.strip().upper()))


def declared_label(field: str, repetition: str) -> str:
    """The repetition of MSH-18 that tells how to read the message: the first.

    Japanese senders write `~ISO IR87`: ASCII, from which escape sequences shift to
    the second set (MSH-20). That is a set of its own, and holds ASCII too.
    """
    labels = field.split(repetition) if repetition else [field]
    if labels[0].strip().upper() in _SHIFTED_FROM:
        later = {label.strip().upper() for label in labels[1:]}
        for shifted in _SHIFTED_TO:
            if shifted in later:
                return shifted
    return labels[0]


def refuse_wide(raw: bytes) -> None:
    """HL7Error 102 for UTF-16 and UTF-32: their bytes hold no HL7 delimiters."""
    if raw.startswith(_WIDE_STARTS):
        raise HL7Error("102", WIDE_TEXT, "MSH^1^18")


def decode(
    raw: bytes, label: str, fallback: str, *, utf8_under_label: bool = False
) -> Decoded:
    """Read bytes as MSH-18 says; HL7Error 102 when nothing fits.

    A label that the bytes contradict costs one try with the sender's fallback and a
    warning. UTF-8 under an 8859 label is only told, unless `utf8_under_label`. There
    are never replacement characters.
    """
    name = label.strip().upper()
    if name in _WIDE:
        raise HL7Error("102", WIDE_TEXT, "MSH^1^18")
    declared = codec_for(name)
    if declared is None or declared == "ascii":
        return _unlabelled(raw, name, fallback)
    hidden = _is_hidden_utf8(raw, declared)
    codec = "utf_8" if hidden and utf8_under_label else declared
    text = _strict(raw, codec)
    if text is not None:
        return Decoded(text, codec, (HIDDEN_UTF8,) if hidden else ())
    return _first_that_fits(raw, (fallback,), (OTHER_SET,))


def _unlabelled(raw: bytes, name: str, fallback: str) -> Decoded:
    known = codec_for(name) is not None
    if known and not raw.isascii():
        warnings: tuple[str, ...] = (OTHER_SET,)
    else:
        warnings = (UNKNOWN_SET,) if name and not known else ()
    return _first_that_fits(raw, ("utf_8", fallback), warnings)


def _first_that_fits(
    raw: bytes, codecs: tuple[str, ...], warnings: tuple[str, ...]
) -> Decoded:
    for codec in codecs:
        text = _strict(raw, codec)
        if text is not None:
            return Decoded(text, codec, warnings)
    raise HL7Error("102", "The bytes do not fit the character set.", "MSH^1^18")


def _strict(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        return None


def _is_hidden_utf8(raw: bytes, declared: str) -> bool:
    single_byte = declared.startswith(("iso8859", "cp125"))
    return single_byte and not raw.isascii() and _strict(raw, "utf_8") is not None


def encodable(text: str, codec: str) -> bool:
    """Whether the codec holds every character of the text."""
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
