"""Pausing the simulated hospital: a file in the data folder, seen by every process."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def _flag() -> Path:
    return Path(settings.DATA_DIR) / "simulator-paused"


def is_paused() -> bool:
    return _flag().exists()


def pause() -> None:
    _flag().touch()


def resume() -> None:
    _flag().unlink(missing_ok=True)
