"""Wake-ups for the workers: each does what the database says is due, then ends."""

from __future__ import annotations

import time

from celery import shared_task

from worklist.services.asking import ask_archives
from worklist.services.relaying import relay_dicom

SLICE_SECONDS = 20.0


@shared_task(name="worklist.tasks.relay_steps")  # type: ignore[untyped-decorator]
def relay_steps() -> None:
    until = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < until and relay_dicom(20):
        continue


@shared_task(name="worklist.tasks.ask_for_images")  # type: ignore[untyped-decorator]
def ask_for_images() -> None:
    until = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < until and ask_archives(5):
        continue
