"""`manage.py hl7` beside a running server, as an administrator types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.instance import CHECKOUT, Instance

ORDER = (
    "MSH|^~\\&|SHELL|HOSP|RADFLOW|RAD|20261123083000||ORM^O01|SHELL1|P|2.3.1\r"
    "PID|1||SH4711^^^HOSP^MR||Shell^Jane||19800514|F\r"
    "ORC|NW|SH1^SHELL\r"
    "OBR|1|SH1^SHELL||CTHEAD^CT head without contrast^99RADFLOW\r"
)


def hl7(radflow: Instance, *arguments: str) -> subprocess.CompletedProcess[str]:
    """With the data folder as all that it is told."""
    alien = ("RADFLOW_", "DATABASE_URL", "REDIS_URL", "DJANGO_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(alien)}
    environment["RADFLOW_DATA_DIR"] = str(radflow.data_dir / "data")
    return subprocess.run(
        [sys.executable, "manage.py", "hl7", *arguments],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_file_is_sent_seen_and_checked(radflow: Instance, tmp_path: Path) -> None:
    file = tmp_path / "order.hl7"
    file.write_text(ORDER, newline="")
    sent = hl7(radflow, "send", str(file), "--to", f"127.0.0.1:{radflow.mllp_port}")
    assert sent.returncode == 0, sent.stderr
    assert "AA" in sent.stdout
    seen = hl7(radflow, "tail", "--once", "--lines", "500")
    assert "SHELL1" in seen.stdout, seen.stderr
    assert "Shell^Jane" not in seen.stdout
    checked = hl7(radflow, "check", str(file))
    assert "PID" in checked.stdout or checked.returncode == 0, checked.stderr
