"""The running server's addresses, for commands that a person types beside it.

Needs no Django: read before settings are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
_FILE = "running.json"
_OURS = ("RADFLOW_", "DATABASE_URL", "REDIS_URL")


@contextmanager
def told(data_dir: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """While the server runs, its data folder says how to reach what it uses.

    Only its owner can read it: it holds the passwords of the embedded servers.
    """
    path = data_dir / _FILE
    values = {k: v for k, v in environment.items() if k.startswith(_OURS)}
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(values))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def join(environment: MutableMapping[str, str]) -> None:
    """Take over the running server's addresses, where none are given."""
    if environment.get("DATABASE_URL"):
        return
    default = str(CHECKOUT / ".data")
    path = Path(environment.get("RADFLOW_DATA_DIR", default)) / _FILE
    if path.is_file() and os.access(path, os.R_OK):
        for name, value in json.loads(path.read_text()).items():
            environment.setdefault(name, value)
