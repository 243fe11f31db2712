"""Where two texts differ, so that a person sees it at a glance."""

from __future__ import annotations

from itertools import groupby, zip_longest

Piece = tuple[str, bool]


def marked(text: str, other: str) -> list[Piece]:
    """`text` in pieces, each with whether it differs from `other` there.

    Of equal length they are compared place by place, so swapped digits are both
    marked; else all between the common beginning and the common end differs.
    """
    if len(text) == len(other):
        flags = [a != b for a, b in zip_longest(text, other)]
    else:
        flags = _middle(text, other)
    pairs = groupby(zip(text, flags, strict=True), key=lambda pair: pair[1])
    return [("".join(c for c, _ in run), differs) for differs, run in pairs]


def _middle(text: str, other: str) -> list[bool]:
    start = _common(text, other)
    end = _common(text[start:][::-1], other[start:][::-1])
    return [start <= place < len(text) - end for place in range(len(text))]


def _common(text: str, other: str) -> int:
    same = (a == b for a, b in zip(text, other, strict=False))
    return next((n for n, equal in enumerate(same) if not equal), _shorter(text, other))


def _shorter(text: str, other: str) -> int:
    return min(len(text), len(other))
