"""Take the pinned third-party files into the tree, or check that they are untouched.

`python static/vendor.py` fetches the packages named in vendor.json with npm and
writes vendor/vendor.lock.json. `--check` needs neither npm nor a network.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "static" / "vendor.json"
LOCK = ROOT / "static" / "vendor" / "vendor.lock.json"
SYMBOL = '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
STROKE = 'stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'


def load(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def integrity(path: Path) -> str:
    """Subresource Integrity value of a file, as `integrity=` attributes take it."""
    digest = hashlib.sha384(path.read_bytes()).digest()
    return f"sha384-{base64.b64encode(digest).decode()}"


def pack(name: str, version: str, folder: Path) -> tuple[Path, str]:
    """Download one package without running its scripts: tarball, npm integrity."""
    command = ["npm", "pack", "--json", "--ignore-scripts", f"{name}@{version}"]
    done = subprocess.run(
        command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    )
    answer = json.loads(done.stdout)
    entry = next(iter(answer.values())) if isinstance(answer, dict) else answer[0]
    return folder / str(entry["filename"]), str(entry["integrity"])


def verify(tarball: Path, expected: str) -> None:
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if expected != f"sha512-{digest}":
        raise SystemExit(f"{tarball.name} does not match the registry's integrity")


def member(archive: tarfile.TarFile, name: str) -> bytes:
    found = archive.extractfile(f"package/{name}")
    if found is None:
        raise SystemExit(f"{name} is not a file of its package")
    return found.read()


def copy_files(tarball: Path, package: dict[str, Any]) -> list[Path]:
    folder = ROOT / package["folder"]
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with tarfile.open(tarball) as archive:
        for source, target in package["files"].items():
            path = folder / target
            path.write_bytes(member(archive, source))
            written.append(path)
    return written


def symbol(name: str, svg: str) -> str:
    shapes = re.findall(r"<(?!/|svg|!--)[^>]+>", svg)
    return SYMBOL.format(name=name) + STROKE + "".join(shapes) + "</symbol>"


def build_sprite(tarball: Path, sprite: dict[str, Any]) -> Path:
    with tarfile.open(tarball) as archive:
        wanted = {name: name for name in sprite["icons"]}
        wanted |= {f"state-{state}": icon for state, icon in sprite["states"].items()}
        symbols = [
            symbol(name, member(archive, f"icons/{icon}.svg").decode())
            for name, icon in wanted.items()
        ]
    own = (ROOT / sprite["own"]).read_text(encoding="utf-8")
    symbols += re.findall(r"<symbol .*?</symbol>", own)
    notice = "<!-- Lucide icons, ISC licence: static/vendor/lucide/LICENSE -->"
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">', notice, *symbols, "</svg>"]
    path: Path = ROOT / sprite["file"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def update() -> None:
    config = load(CONFIG)
    packages: dict[str, dict[str, str]] = {}
    files: list[Path] = [ROOT / config["sprite"]["own"]]
    with tempfile.TemporaryDirectory() as scratch:
        for name, package in config["packages"].items():
            tarball, npm_integrity = pack(name, package["version"], Path(scratch))
            verify(tarball, npm_integrity)
            packages[name] = {
                "version": package["version"],
                "integrity": npm_integrity,
            }
            files += copy_files(tarball, package)
            if name == config["sprite"]["package"]:
                files.append(build_sprite(tarball, config["sprite"]))
    locked = {path.relative_to(ROOT).as_posix(): integrity(path) for path in files}
    lock = {"packages": packages, "files": dict(sorted(locked.items()))}
    LOCK.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


def folders(config: dict[str, Any]) -> set[Path]:
    return {ROOT / package["folder"] for package in config["packages"].values()}


def problems() -> list[str]:
    """What differs between the tree, the pins and the lock; empty when all is well."""
    config, lock = load(CONFIG), load(LOCK)
    pins = {name: package["version"] for name, package in config["packages"].items()}
    locked = {name: entry["version"] for name, entry in lock["packages"].items()}
    found = [] if pins == locked else ["vendor.json and vendor.lock.json differ"]
    for name, expected in lock["files"].items():
        path = ROOT / name
        if not path.is_file():
            found.append(f"missing: {name}")
        elif integrity(path) != expected:
            found.append(f"changed: {name}")
    present = {path for folder in folders(config) for path in folder.rglob("*")}
    names = {path.relative_to(ROOT).as_posix() for path in present if path.is_file()}
    found += [f"not in the lock: {name}" for name in sorted(names - set(lock["files"]))]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="verify, change nothing")
    if not parser.parse_args().check:
        update()
    found = problems()
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
