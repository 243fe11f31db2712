"""Values out of a received dataset, leniently."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue


def texts(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """Every value as trimmed text; nothing for an absent, empty or unreadable one."""
    try:
        value = dataset.get(keyword)
    except ValueError:
        return ()
    if value is None or value == "":
        return ()
    parts = value if isinstance(value, MultiValue | list | tuple) else (value,)
    return tuple(str(part).strip(" \0") for part in parts)


def text(dataset: Dataset, keyword: str) -> str:
    """The first value as trimmed text, "" without one."""
    return next(iter(texts(dataset, keyword)), "")


def items(dataset: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """The items of a sequence, none when it is absent or empty."""
    return tuple(dataset.get(keyword) or ())
