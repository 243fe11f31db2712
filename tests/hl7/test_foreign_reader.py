"""hl7apy, written by others, reads what we build (without groups: it drops Z then)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hl7apy.parser import parse_message

from radflow.hl7.acks import build_ack
from radflow.hl7.build import build, msh, segment
from radflow.hl7.errors import HL7Error
from radflow.hl7.fields import CX, RP, XPN
from tests.hl7.samples import sample

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def _read(raw: bytes) -> Any:
    return parse_message(raw.decode(), find_groups=False)


@pytest.mark.parametrize("version", ["2.3.1", "2.4", "2.5.1", "2.6"])
def test_an_order_is_read_with_all_its_segments(version: str) -> None:
    head = msh(
        sending_application="RADFLOW",
        sending_facility="RADDEPT",
        receiving_application="PACS1",
        receiving_facility="RADDEPT",
        time=NOW,
        message_type="ORM^O01",
        structure="ORM_O01",
        control_id="R1",
        processing_id="P",
        version=version,
    )
    name = XPN("O|Kafor^", "Ada&Grace").value()
    pid = segment("PID", {3: [CX("700123", "GENHOSP", type="MR").value()], 5: name})
    zds = segment("ZDS", {1: RP("1.2.3", "RADFLOW", "Application", "DICOM").value()})
    read = _read(build([head, pid, segment("ORC", {1: "NW", 2: ("P1", "EHRX")}), zds]))
    assert [child.name for child in read.children] == ["MSH", "PID", "ORC", "ZDS"]
    assert read.pid.pid_3.cx_4.to_er7() == "GENHOSP"
    assert read.pid.pid_5.xpn_1.to_er7() == r"O\F\Kafor\S" + "\\"
    assert read.zds.zds_1.to_er7() == "1.2.3^RADFLOW^Application^DICOM"


@pytest.mark.parametrize("number", ["01", "05d"])
def test_an_acknowledgement_is_read(number: str) -> None:
    error = HL7Error("101", "PID-3 is required", "PID^1^3")
    raw = sample(number)
    read = _read(build_ack(raw, "AE", control_id="R1", now=NOW, error=error))
    assert [child.name for child in read.children] == ["MSH", "MSA", "ERR"]
    assert read.msa.msa_1.value == "AE"
    assert read.msa.msa_2.value.encode() in raw
