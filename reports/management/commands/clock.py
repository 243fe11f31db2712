"""`manage.py clock`: the duties without beat or worker; the database is enough."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from radflow.duties import Duty, duties

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Escalate what is due, watch the channels. Ends with SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        # A thread for each: one that hangs or fails holds up no other.
        threads = [
            threading.Thread(target=_perform, args=(duty, stop), daemon=True)
            for duty in duties()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _perform(duty: Duty, stop: threading.Event) -> None:
    try:
        while not stop.wait(duty.seconds):
            _once(duty)
    finally:
        connection.close()


def _once(duty: Duty) -> None:
    try:
        duty.run()
    except Exception as error:
        # The last resort of every critical case must outlive any mistake.
        logger.error("%s not run: %s", duty.name, type(error).__name__)
        connection.close_if_unusable_or_obsolete()
