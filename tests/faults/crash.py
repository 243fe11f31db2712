"""Runs a command that falls, as by kill -9, at a boundary that somebody arms.

`python -m tests.faults.crash FOLDER COMMAND...`: whoever creates FOLDER/<boundary>
makes the next process that comes there remove the file and kill itself.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

# Boundary: the module, the function in it, and whether we fall before it or after.
BOUNDARIES = {
    # The bytes are here, nothing is committed.
    "before-commit": ("radflow.messaging.intake", "Intake.receive", "before"),
    # Committed, not yet answered.
    "before-ack": ("radflow.messaging.intake", "Intake.receive", "after"),
    # The order is changed, its transaction still open.
    "mid-apply": ("radflow.unit", "write", "before"),
    # The receiver has answered, the outbox does not know it.
    "after-send": ("radflow.hl7.client", "MLLPClient.send", "after"),
}


def _fall(armed: Path) -> None:
    """One process only: of several that see the file, one removes it."""
    try:
        armed.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _wrapped(function: Callable[..., Any], armed: Path, when: str) -> Any:
    @wraps(function)
    def at_boundary(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            _fall(armed)
        result = function(*args, **kwargs)
        if when == "after":
            _fall(armed)
        return result

    return at_boundary


def arm_boundaries(folder: Path) -> None:
    for name, (module, path, when) in BOUNDARIES.items():
        *owners, attribute = path.split(".")
        owner: Any = import_module(module)
        for part in owners:
            owner = getattr(owner, part)
        function = _wrapped(getattr(owner, attribute), folder / name, when)
        setattr(owner, attribute, function)


def main(folder: str, command: list[str]) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "radflow.settings")
    sys.path.insert(0, str(Path.cwd()))
    django.setup()
    arm_boundaries(Path(folder))
    sys.argv = command
    if command[0] == "celery":
        runpy.run_module("celery", run_name="__main__", alter_sys=False)
    else:
        runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
