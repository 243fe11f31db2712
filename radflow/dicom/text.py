"""Values made legal for their value representation (standards section 6.2)."""

from __future__ import annotations

from typing import Final

from radflow.dicom.errors import ValueTooLong

# Characters, per value (PS3.5 table 6.2-1); PN counts per component group.
LIMITS: Final[dict[str, int]] = {
    "AE": 16,
    "CS": 16,
    "DS": 16,
    "LO": 64,
    "LT": 10240,
    "PN": 64,
    "SH": 16,
    "UI": 64,
}
_LINE_CONTROLS: Final = "\r\n\f"


def clean(text: str, vr: str) -> str:
    """`text` without control characters; a backslash would split the value."""
    if text.isprintable() and "\\" not in text:
        return text.strip()
    if vr == "LT":
        kept = (c for c in text if c in _LINE_CONTROLS or c.isprintable())
        return "".join(kept).rstrip()
    return "".join(c for c in text.replace("\\", "/") if c.isprintable()).strip()


def description(text: str, vr: str) -> str:
    """A descriptive text: cut at the limit of its VR."""
    cleaned = clean(text, vr)
    if vr == "PN":
        return "=".join(group[: LIMITS["PN"]] for group in cleaned.split("="))
    return cleaned[: LIMITS.get(vr, len(cleaned))].rstrip()


def identifier(text: str, vr: str, keyword: str) -> str:
    """An identifier is never cut: raises ValueTooLong."""
    cleaned = clean(text, vr)
    limit = LIMITS.get(vr)
    if limit is not None and len(cleaned) > limit:
        raise ValueTooLong(keyword, limit)
    return cleaned


def split_words(text: str, limit: int = LIMITS["LO"]) -> list[str]:
    """Safety texts are never cut: over-long ones go on in a further value."""
    values: list[str] = []
    line = ""
    for word in clean(text, "LO").split():
        if line and len(line) + 1 + len(word) > limit:
            values.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        while len(line) > limit:
            values.append(line[:limit])
            line = line[limit:]
    if line:
        values.append(line)
    return values
