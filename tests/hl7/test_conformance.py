from __future__ import annotations

import random
import time

import pytest

from radflow.hl7.conformance import Finding, lint
from tests.hl7.damage import damage
from tests.hl7.samples import FOLDER

HEAD = r"MSH|^~\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20260302083000||{}|C1|P|{}"
PID = "PID|1||700123^^^GENHOSP^MR||Okafor^Ada||19800514|F"
ORC = "ORC|NW|P1^EHRX"
OBR = "OBR|1|P1^EHRX||CTPA^CT pulmonary angiogram^99RADFLOW"
SAMPLES = sorted(path.name for path in FOLDER.glob("*.hl7"))


def message(
    *lines: str, kind: str = "ORM^O01^ORM_O01", version: str = "2.5.1"
) -> bytes:
    return "\r".join([HEAD.format(kind, version), *lines, ""]).encode()


def found(raw: bytes) -> list[tuple[str, str, str]]:
    return [(one.severity, one.code, one.location) for one in lint(raw)]


@pytest.mark.parametrize("name", SAMPLES)
def test_what_the_standard_shows_has_no_error(name: str) -> None:
    wrong = [
        one for one in lint((FOLDER / name).read_bytes()) if one.severity == "error"
    ]
    assert wrong == []


def test_an_order_that_conforms_has_no_finding() -> None:
    assert lint(message(PID, ORC, OBR)) == []


@pytest.mark.parametrize(
    ("lines", "finding"),
    [
        ((PID, "ORC||P1", OBR), ("error", "101", "ORC^1^1")),
        ((PID, "ORC|??|P1", OBR), ("error", "103", "ORC^1^1^1")),
        ((PID.replace("0514", "1399"), ORC, OBR), ("error", "102", "PID^1^7^1^1")),
        ((PID, ORC, OBR, "QQQ|1"), ("error", "100", "QQQ^1")),
        ((PID, ORC, OBR, "SCH|1"), ("warning", "100", "SCH^1")),
        ((ORC, OBR, PID), ("warning", "100", "PID^1")),
        ((PID,), ("error", "100", "ORC")),
        ((PID + "|" * 40 + "x", ORC, OBR), ("warning", "102", "PID^1^48")),
        (
            (PID, ORC, OBR, "OBX|1|NM|1^W^LN||heavy||||||F"),
            ("error", "102", "OBX^1^5^1"),
        ),
        ((PID, ORC, OBR, "OBX|1||1^W^LN||6||||||F"), ("error", "101", "OBX^1^2")),
        ((PID, ORC, OBR + "|" * 9 + "x" * 301), ("warning", "102", "OBR^1^13")),
        ((PID, ORC, OBR, "no segment"), ("error", "100", "???^1")),
    ],
)
def test_each_fault_is_found_where_it_stands(
    lines: tuple[str, ...], finding: tuple[str, str, str]
) -> None:
    assert finding in found(message(*lines))


def test_the_second_of_a_kind_is_counted() -> None:
    raw = message(PID, ORC, OBR, "OBX|1|TX|1^W^LN||a||||||F", "OBX|2|TX|1^W^LN||b")
    assert ("error", "101", "OBX^2^11") in found(raw)


def test_z_segments_and_several_orders_stand_anywhere() -> None:
    zds = "ZDS|1.2.3^RADFLOW^Application^DICOM"
    assert lint(message(PID, ORC, OBR, zds, ORC, OBR, "NTE|1||x", zds)) == []


def test_texts_hold_nothing_of_the_patient() -> None:
    raw = message(PID.replace("19800514", "Okafor").replace("|F", "|Ada"), ORC, OBR)
    texts = " ".join(one.text for one in lint(raw))
    assert "Okafor" not in texts
    assert "Ada" not in texts


def test_what_cannot_be_read_is_one_finding() -> None:
    assert [one.code for one in lint(b"hello")] == ["100"]
    assert lint(b"")[0].severity == "error"


def test_a_long_message_is_checked_at_its_beginning() -> None:
    raw = message(PID, ORC, OBR, *["OBX|1|TX|1^W^LN||ok||||||F"] * 20_000)
    started = time.monotonic()
    findings = lint(raw, max_bytes=20_000)
    assert findings[0].text == "Only its beginning was checked: it is too long."
    assert time.monotonic() - started < 2


def test_no_more_time_is_spent_than_allowed() -> None:
    raw = message(PID, ORC, OBR, *["OBX|1|TX|1^W^LN||ok||||||F"] * 20_000)
    findings = lint(raw, budget_seconds=0.0, max_bytes=10_000_000)
    assert findings[-1].text == "Checked in part: the time allowed was up."


def test_findings_are_bounded_in_number() -> None:
    findings = lint(message(PID, ORC, OBR, *["QQQ|1"] * 1000))
    assert len(findings) == 201


def test_damaged_messages_are_judged_without_a_fault() -> None:
    chance = random.Random(7)
    raws = [(FOLDER / name).read_bytes() for name in SAMPLES]
    for _ in range(500):
        findings = lint(damage(chance, raws))
        assert all(isinstance(one, Finding) for one in findings)
