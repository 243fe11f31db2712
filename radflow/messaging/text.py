from __future__ import annotations

import traceback
from pathlib import Path


def storable(text: str, length: int) -> str:
    """Cut, and without NUL: PostgreSQL text holds none. The raw bytes keep all."""
    return text.replace("\0", "")[:length]


def trace(error: BaseException) -> str:
    """An error's type and places for the log; its text may hold patient data."""
    places = (
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
    )
    return f"{type(error).__name__} at {' > '.join(places)}"
