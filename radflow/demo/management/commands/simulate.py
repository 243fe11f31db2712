"""`manage.py simulate`: hospital, scanners and clinician of the demo, over the wire."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from radflow.demo.simulator import control
from radflow.demo.simulator.clinician import Clinician
from radflow.demo.simulator.hospital import Hospital
from radflow.demo.simulator.receiver import Receiver
from radflow.demo.simulator.scanner import Scanner, all_scanners

logger = logging.getLogger(__name__)

ORDER_SECONDS = 20.0
SCANNER_SECONDS = 10.0
CLINICIAN_SECONDS = 15.0


class Command(BaseCommand):
    help = "Play the hospital around the demo. Ends with SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The simulator belongs to demo mode (RADFLOW_DEMO=1).")
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self._start_receiver()
        if settings.DEMO_SIMULATOR:
            self._start_players(stop)
        stop.wait()

    def _start_receiver(self) -> None:
        """It answers also while the players pause: deliveries must not fail."""
        threading.Thread(target=_serve_receiver, daemon=True).start()

    def _start_players(self, stop: threading.Event) -> None:
        scanners = all_scanners()
        players: list[tuple[Callable[[], None], float]] = [
            (Hospital().step, ORDER_SECONDS),
            (lambda: _step_all(scanners), SCANNER_SECONDS),
            (Clinician().step, CLINICIAN_SECONDS),
        ]
        for step, seconds in players:
            threading.Thread(
                target=_play, args=(step, seconds, stop), daemon=True
            ).start()


def _serve_receiver() -> None:
    async def serve() -> None:
        receiver = Receiver()
        await receiver.start()
        await asyncio.Event().wait()

    asyncio.run(serve())


def _step_all(scanners: list[Scanner]) -> None:
    for scanner in scanners:
        scanner.step()


def _play(step: Callable[[], None], seconds: float, stop: threading.Event) -> None:
    """A player that stumbles is noted and goes on: the demo outlives restarts."""
    while not stop.wait(seconds):
        if control.is_paused():
            continue
        started = time.monotonic()
        try:
            step()
        except Exception:
            logger.exception("a simulated player stumbled")
        logger.debug("played in %.1f s", time.monotonic() - started)
