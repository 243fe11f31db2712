"""`manage.py clock`: escalation without beat or worker; the database is enough."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from reports.services import escalate_due

logger = logging.getLogger(__name__)

SECONDS = 5.0


class Command(BaseCommand):
    help = "Escalate critical cases that are due. Ends with SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.wait(SECONDS):
            try:
                escalate_due()
            except Exception as error:
                # The last resort of every critical case must outlive any mistake.
                logger.error("escalation not run: %s", type(error).__name__)
                connection.close_if_unusable_or_obsolete()
