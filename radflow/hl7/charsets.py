"""Character sets: MSH-18 (table 0211) and what the bytes really are (section 3.1)."""

from __future__ import annotations

from radflow.hl7.errors import HL7Error

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
    "ISO IR14": "shift_jis",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_2",
    "KS X 1001": "euc_kr",
    "GB 18030-2000": "gb18030",
    "GB18030": "gb18030",
    "BIG-5": "big5",
    "UNICODE UTF-8": "utf_8",
    "UNICODE": "utf_8",
    "UTF-8": "utf_8",
    "UTF8": "utf_8",
    "ISO-8859-1": "iso8859_1",
    "ISO8859-1": "iso8859_1",
    "WINDOWS-1252": "cp1252",
    "CP1252": "cp1252",
}
_REFUSED = ("UNICODE UTF-16", "UNICODE UTF-32", "UTF-16", "UTF-32")


def decode(raw: bytes, label: str, fallback: str) -> tuple[str, str, list[str]]:
    """Text, the Python codec used, and warnings; HL7Error 102 when nothing fits.

    A label that the bytes contradict costs one try with the sender's fallback and a
    warning. There are never replacement characters.
    """
    name = label.strip().upper()
    if name in _REFUSED:
        raise HL7Error("102", "UTF-16 and UTF-32 are not supported.", "MSH^1^18")
    declared = CODECS.get(name)
    warnings = [] if declared or not name else ["charset: MSH-18 is not known"]
    if declared is None or declared == "ascii":
        return _first_that_fits(raw, ["utf_8", fallback], warnings)
    text, codec, more = _first_that_fits(raw, [declared, fallback], warnings)
    if codec == declared and _is_really_utf8(raw, declared):
        more = [*more, "charset: valid UTF-8 under another label"]
    return text, codec, more


def _first_that_fits(
    raw: bytes, codecs: list[str], warnings: list[str]
) -> tuple[str, str, list[str]]:
    for position, codec in enumerate(codecs):
        try:
            text = raw.decode(codec)
        except (UnicodeDecodeError, LookupError):
            continue
        if position:
            warnings = [*warnings, "charset: read by the sender's fallback"]
        return text, codec, warnings
    raise HL7Error("102", "The bytes do not fit the character set.", "MSH^1^18")


def _is_really_utf8(raw: bytes, declared: str) -> bool:
    if raw.isascii() or not declared.startswith("iso8859"):
        return False
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def encodable(text: str, codec: str) -> bool:
    """Whether the codec holds every character of the text."""
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
