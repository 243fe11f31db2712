"""The synthetic messages of tests/samples/hl7, by the number they begin with."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "samples" / "hl7"


@cache
def all_samples() -> dict[str, bytes]:
    found = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.hl7"))}
    assert len(found) == 30
    return found


def sample(number: str) -> bytes:
    """`sample("02d")` is 02d_ack_ae_required_field.hl7."""
    matches = [raw for name, raw in all_samples().items() if name.startswith(number)]
    assert len(matches) == 1
    return matches[0]


def message(*lines: str) -> bytes:
    """A message of these segments after a plain MSH."""
    head = r"MSH|^~\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20260302083000||ORM^O01|E1|P|2.5.1"
    return "".join(f"{line}\r" for line in (head, *lines)).encode()
