"""What keeps the embedded services from starting."""

from __future__ import annotations


class ServicesError(Exception):
    """One line a person at the console can act upon."""
