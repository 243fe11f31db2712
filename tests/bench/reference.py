"""How fast this machine is now, beside the one where limits in time were set."""

from __future__ import annotations

import time

import hl7

MICROSECONDS = 690  # there, to read the message below
_HEAD = "\r".join(
    (
        "MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RAD|20261127101500||ORM^O01|BENCH1|P|2.3.1",
        "PID|1||700123^^^GENHOSP^MR||OKAFOR^ADA^^^^^L||19570314|F|||12 ELM ST",
        "PV1|1|I|5W^512^A^GENHOSP||||1234^FOX^AMELIA^^^DR|||||||||||V100456",
        "ORC|NW|P5001^EHRX|||||^^^202611271030^^S||20261127101500|77^NURSE^NINA|||",
        "OBR|1|P5001^EHRX||CTPA^CT pulmonary angiogram^99RADFLOW|||||||||||",
        "ZDS|1.2.826.0.1.3680043.10.1|RADFLOW|Application|DICOM",
        "NTE|1||",
    )
)
ORDER = _HEAD.ljust(721, "x") + "\r"


def pace() -> float:
    """1.0: as fast as there; 2.0: this machine takes twice as long now."""
    started = time.perf_counter()
    for _ in range(3):
        hl7.parse(ORDER)
    return (time.perf_counter() - started) / 3 * 1e6 / MICROSECONDS
