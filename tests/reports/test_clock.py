"""The clock: each duty on its own, whatever becomes of the others."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from django.core.management import call_command

from radflow.duties import Duty, duties
from reports.management.commands import clock

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_duty_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers: dict[int, Any] = {}
    done: list[int] = []

    def fail() -> None:
        raise RuntimeError("always")

    def work() -> None:
        done.append(1)
        if len(done) == 3:
            handlers[signal.SIGTERM]()

    found = [Duty("bad", fail, seconds=0.01), Duty("good", work, seconds=0.01)]
    monkeypatch.setattr(clock, "duties", lambda: found)
    monkeypatch.setattr("signal.signal", handlers.__setitem__)
    call_command("clock")
    assert len(done) >= 3


def test_critical_cases_and_channels_are_among_the_duties() -> None:
    assert {"escalation", "channel sweep", "learning gaps"} <= {
        duty.name for duty in duties()
    }
