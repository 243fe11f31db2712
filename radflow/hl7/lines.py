"""Where segments end: CR; CRLF, LFCR and LF too, but no lone LF in running text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_FEEDS = re.compile(r"(\n+)")


@dataclass(frozen=True)
class Lines:
    """Lines that are not blank, and what stood after each; the last may lack an end."""

    texts: Sequence[str]
    ends: Sequence[str]

    def joined(self) -> str:
        pairs = zip(self.texts, [*self.ends, ""], strict=False)
        return "".join([part for pair in pairs for part in pair])


def split_lines(text: str, field: str) -> Lines:
    """`text` begins with a line; `joined` of the result is `text` again."""
    if "\n" not in text and "\r\r" not in text:
        texts = text.split("\r")
        ends = ["\r"] * (len(texts) - 1)
    else:
        pattern = _ends(field) if "\r" in text else _FEEDS
        parts = pattern.split(text)
        texts, ends = parts[::2], parts[1::2]
    return Lines(texts if texts[-1] else texts[:-1], ends)


@lru_cache(maxsize=64)
def _ends(field: str) -> re.Pattern[str]:
    """One run of line ends. Without backtracking: a run is looked at once."""
    segment = rf"[A-Za-z][A-Za-z0-9]{{2}}{re.escape(field)}"
    return re.compile(rf"((?<!\n)\n*+(?:\r[\r\n]*+|(?<=\n)(?={segment})|(?<=\n)\Z))")
