"""The number by which others know an appointment of ours (SCH-2)."""

from __future__ import annotations

import re

from worklist.models import ScheduledStep

_NUMBER = re.compile(r"APT([0-9]{6,12})\Z")


def appointment_number(step: ScheduledStep) -> str:
    """`APT000042`: the step keeps it through moves, and when it is booked again."""
    return f"APT{step.pk:06d}"


def step_numbered(number: str) -> ScheduledStep | None:
    match = _NUMBER.match(number)
    if match is None:
        return None
    found = ScheduledStep.objects.filter(pk=int(match[1])).select_related("order")
    return found.first()
