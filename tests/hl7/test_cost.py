"""What the wire costs. Printed for people; no figure fails a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from radflow.hl7.acks import build_ack
from radflow.hl7.header import peek
from radflow.hl7.message import Message
from tests.hl7.samples import message, sample


def _microseconds(work: Callable[[], object], times: int = 300) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begun) / times * 1e6


def test_reading_and_answering_an_order() -> None:
    raw, now = sample("01"), datetime.now(UTC)
    jobs: dict[str, Callable[[], object]] = {
        "peek": lambda: peek(raw),
        "parse": lambda: Message.parse(raw),
        "answer": lambda: build_ack(raw, "AA", control_id="R1", now=now),
    }
    for name, work in jobs.items():
        print(f"{name}: {_microseconds(work):.1f} µs for {len(raw)} bytes")


def test_a_long_report_is_read_in_one_pass() -> None:
    raw = message("OBX|1|TX|I||" + r"line\.br\ " * 20_000 + "~x" * 50_000)

    def read() -> str:
        segment = Message.parse(raw).segments[1]
        return segment.value(5) + segment.value(5, repetition=40_000)

    assert read().count("\n") == 20_000
    print(f"{len(raw)} bytes: {_microseconds(read, 3) / 1000:.1f} ms")
