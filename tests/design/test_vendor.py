from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _check(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "static" / "vendor.py"), "--check"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_vendored_files_are_those_of_the_lock() -> None:
    assert _check(ROOT).stderr == ""


def test_a_changed_an_added_and_a_missing_file_are_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "static", tmp_path / "static")
    shutil.copytree(ROOT / "tests" / "vendor", tmp_path / "tests" / "vendor")
    vendor = tmp_path / "static" / "vendor"
    (vendor / "htmx" / "htmx.min.js").write_text("changed")
    (vendor / "htmx" / "extra.js").write_text("added")
    (vendor / "lucide" / "LICENSE").unlink()

    done = _check(tmp_path)

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "changed: static/vendor/htmx/htmx.min.js",
        "missing: static/vendor/lucide/LICENSE",
        "not in the lock: static/vendor/htmx/extra.js",
    ]
